import type { Line } from '../../files/lines.ts';
import type { OpenInput } from './inputs.ts';

/** What is held of an event whose record can be read again, roughly, in bytes. */
const HELD_BYTES = 24;

/**
 * Where the events of a window stand in their input. Of an input that can be read again the records themselves are not held,
 * because hardly any of them is ever wanted.
 */
export class RecordOffsets {
  private readonly input: OpenInput;
  private readonly numbers: number[] = [];
  private readonly offsets: number[] = [];
  private readonly ends: number[] = [];
  private readonly lines = new Map<number, Buffer>();
  /** Roughly what it all takes, in bytes. */
  held = 0;

  constructor(input: OpenInput) {
    this.input = input;
  }

  get length(): number {
    return this.numbers.length;
  }

  /** Returns the number of the event in its window, from 0. */
  add(line: Line): number {
    const event = this.numbers.length;
    this.numbers.push(line.number);
    this.offsets.push(line.offset);
    this.ends.push(line.end);
    this.held += HELD_BYTES;
    if (this.input.reread === undefined) {
      // a copy: the line itself would keep the whole block that it was cut from in memory
      this.lines.set(event, Buffer.from(line.bytes));
      this.held += line.end - line.offset;
    }
    return event;
  }

  async at(event: number): Promise<Line> {
    const [number, offset, end] = [this.numbers[event], this.offsets[event], this.ends[event]];
    if (number === undefined || offset === undefined || end === undefined) throw new Error(`there is no event ${event}`);
    const bytes = this.lines.get(event) ?? (await this.input.reread?.(offset, end));
    if (bytes === undefined) throw new Error(`the record of event ${event} was not kept`);
    return { number, offset, end, bytes };
  }
}
