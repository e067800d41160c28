import type { Reject } from '../../domain/events/event.ts';
import { DocumentSplitter } from '../../files/documents.ts';
import type { Line } from '../../files/lines.ts';
import type { RejectedLine } from '../../files/rejects.ts';
import { decodeLine, isWanted, type DecodedLine } from '../replay/decode.ts';
import type { ReplayOptions } from '../replay/options.ts';
import { LiveInput } from './live-input.ts';

const OPEN_BRACE = 0x7b;

/** A body holds no more events: others wait while they are read. */
export const MOST_EVENTS = 10_000;

/** An event with its record, as it is handed on. `at`: when it arrived, in Unix milliseconds. */
export type LiveEvent = { line: Line; at: number; decoded: DecodedLine };

/** What a body came to; `skipped` counts its events that have no effect here. */
export type TakenIn = { read: number; events: LiveEvent[]; skipped: number; rejects: RejectedLine[] };

/** Reads the events of bodies. Records are numbered in the order of their arrival. */
export class Intake {
  private readonly options: ReplayOptions;
  private readonly input: LiveInput;
  private number = 0;

  constructor(name: string, options: ReplayOptions) {
    this.input = new LiveInput(name);
    this.options = options;
  }

  /**
   * One event, an array of them, or several one after another; undefined where they are too many. A body without any record is a
   * reject as a whole.
   */
  take(body: Buffer, at: number): TakenIn | undefined {
    const taken: TakenIn = { read: 0, events: [], skipped: 0, rejects: [] };
    const first = this.read(body, at);
    // nearly every body is one object
    const one = body[0] === OPEN_BRACE && !isSyntax(first);
    const records = one ? [] : split(body);
    if (records.length > MOST_EVENTS) return undefined;
    const all = one || records.length === 0 ? [first] : records.map((bytes) => this.read(bytes, at));
    for (const event of all) this.sort(event, taken);
    return taken;
  }

  private read(bytes: Buffer, at: number): LiveEvent {
    const line: Line = { number: 0, offset: 0, end: bytes.length, bytes };
    return { line, at, decoded: this.decode(line, at) };
  }

  /** Reads a record once more, for instance one from the spool. */
  decode(line: Line, at: number): DecodedLine {
    this.input.arrivedMillis = at;
    return decodeLine(line, this.input, this.options);
  }

  nextNumber(): number {
    this.number += 1;
    return this.number;
  }

  private sort(event: LiveEvent, taken: TakenIn): void {
    event.line.number = this.nextNumber();
    taken.read += 1;
    const { decoded } = event.decoded;
    if ('reject' in decoded) taken.rejects.push(this.rejected(event.line, decoded.reject));
    else if ('skip' in decoded || !isWanted(decoded.event, this.options.topic)) taken.skipped += 1;
    else taken.events.push(event);
  }

  private rejected(line: Line, reject: Reject): RejectedLine {
    return { input: this.input.name, line, reject };
  }
}

function split(body: Buffer): Buffer[] {
  const splitter = new DocumentSplitter(body.length + 1, { offset: 0, number: 1 });
  const records = splitter.push(body);
  const rest = splitter.end();
  if (rest !== undefined) records.push(rest);
  return records.map(({ bytes }) => bytes);
}

function isSyntax({ decoded: { decoded } }: LiveEvent): boolean {
  return 'reject' in decoded && decoded.reject.reason === 'json_syntax';
}
