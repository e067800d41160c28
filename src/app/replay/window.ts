import { isDeepStrictEqual } from 'node:util';
import type { Effect } from '../../domain/hooks/apply.ts';
import type { Mutation } from '../../domain/hooks/mutation.ts';
import type { Write } from '../../domain/hooks/write.ts';
import { WriteSet } from '../../domain/hooks/write-set.ts';
import type { Item } from '../../domain/item.ts';
import { textOfKey } from '../../domain/records/keys.ts';
import type { Refusal } from '../../dynamo/writer.ts';
import { copyLine, type Line } from '../../files/lines.ts';
import type { RejectedLine } from '../../files/rejects.ts';
import { noEvents, type EventCounts } from './counts.ts';
import type { OpenInput, Position } from './inputs.ts';
import type { WindowBounds } from './options.ts';
import { RecordOffsets } from './record-offsets.ts';

/** So much a window holds at the most, in bytes. Two of them are there at a time, and as much again is on its way out. */
const MAX_BYTES = 12 << 20;

/** Events of a window: folding gets better with its size, but what a stopped run has to do again gets more. */
const FIRST_EVENTS = 32_768;
const MAX_EVENTS = 98_304;
const MIN_EVENTS = 256;
/** A window should be through within so long, in milliseconds. */
const SLOW_MS = 20_000;

/** The number of events for the next window, from how long the last one took. */
export class WindowSize {
  private readonly fixed: WindowBounds | undefined;
  private events = FIRST_EVENTS;

  /** `fixed` bounds stay as they are. */
  constructor(fixed?: WindowBounds) {
    this.fixed = fixed;
  }

  get bounds(): WindowBounds {
    return this.fixed ?? { events: this.events, bytes: MAX_BYTES };
  }

  took(millis: number): void {
    if (millis > SLOW_MS) this.events = Math.max(MIN_EVENTS, this.events >> 1);
    else if (millis < SLOW_MS / 2) this.events = Math.min(MAX_EVENTS, this.events * 2);
  }
}

/** Events of one input that are folded and sent together, and everything that is needed to account for each of them. */
export class Window {
  readonly input: OpenInput;
  readonly counts: EventCounts = noEvents();
  readonly rejects: RejectedLine[] = [];
  /** Where the record behind the window starts. */
  end: Position;
  /** Set on the last window of an input. */
  isLast = false;
  private readonly bounds: WindowBounds;
  private readonly openedAt = performance.now();
  private readonly writeSet = new WriteSet();
  private readonly offsets: RecordOffsets;
  /** Messages by their key, also those of other shards; only where conflicts are asked for. */
  private readonly messages = new Map<string, Item>();
  private rejectedBytes = 0;
  private rejectsTaken = 0;

  constructor(input: OpenInput, start: Position, bounds: WindowBounds) {
    this.input = input;
    this.end = start;
    this.bounds = bounds;
    this.offsets = new RecordOffsets(input);
  }

  get isEmpty(): boolean {
    return this.counts.read === 0;
  }

  get isFull(): boolean {
    const { counts, bounds } = this;
    return counts.read >= bounds.events || this.rejectedBytes + this.offsets.held + this.writeSet.bytes >= bounds.bytes;
  }

  /** How long it has been open, in milliseconds. */
  get age(): number {
    return performance.now() - this.openedAt;
  }

  /** Counts a record in, whatever becomes of it. */
  read(line: Line): void {
    this.counts.read += 1;
    // the rest of a line that has no line feed yet is still the same line
    const number = line.unterminated ? line.number : line.number + 1;
    this.end = { input: this.input.index, offset: line.end, number, framing: this.input.framing() };
  }

  /** True where a message of the same id but with other content is still in the window; else takes note of what is new. */
  conflicts({ mutations }: Effect): boolean {
    for (const mutation of mutations) {
      const before = mutation.table === 'mqtt_msg' ? this.messages.get(textOfKey(mutation)) : undefined;
      if (before !== undefined && isOtherMessage(mutation, before)) return true;
    }
    for (const mutation of mutations) {
      if (mutation.table !== 'mqtt_msg') continue;
      if (mutation.kind === 'put') this.messages.set(textOfKey(mutation), mutation.item);
      else this.messages.delete(textOfKey(mutation));
    }
    return false;
  }

  apply(line: Line, { actions, mutations }: Effect): void {
    const event = this.offsets.add(line);
    for (const action of actions) this.counts.actions[action] = (this.counts.actions[action] ?? 0) + 1;
    for (const mutation of mutations) {
      const replaced = this.writeSet.add(event, mutation);
      if (replaced !== undefined && isOtherMessage(mutation, replaced)) this.counts.overwritten += 1;
    }
  }

  reject(rejected: Omit<RejectedLine, 'input'>): void {
    this.counts.rejected += 1;
    // a few lines must not keep whole blocks of the input in memory
    this.rejects.push({ ...rejected, input: this.input.name, line: copyLine(rejected.line) });
    this.rejectedBytes += rejected.line.bytes.length;
  }

  /** What is to be sent, when nothing more is added. */
  writes(): Write[] {
    return this.writeSet.writes();
  }

  /** An event whose every write was replaced by a later one of the window is superseded; one that was refused is rejected. */
  async settle(writes: readonly Write[], refusals: readonly Refusal[]): Promise<void> {
    const carried = new Uint8Array(this.offsets.length);
    for (const { events } of writes) for (const event of events) carried[event] = 1;
    const refused = new Map<number, Refusal>();
    for (const refusal of refusals) for (const event of refusal.events) refused.set(event, refusal);
    const others = otherTables(writes, refused);
    for (const [event, refusal] of [...refused].sort(([a], [b]) => a - b)) await this.refuse(event, refusal, others.get(event));
    for (let event = 0; event < carried.length; event += 1) {
      if (refused.has(event)) continue;
      if (carried[event] === 1) this.counts.applied += 1;
      else this.counts.superseded += 1;
    }
  }

  /** Every event that was to be applied becomes a reject: nobody knows which of them were sent. Resolves with how many. */
  async rejectUnsent(detail: string): Promise<number> {
    for (let event = 0; event < this.offsets.length; event += 1) {
      this.reject({ line: await this.offsets.at(event), reject: { reason: 'unsent', detail } });
    }
    return this.offsets.length;
  }

  /** The rejects since this was last asked for. */
  newRejects(): RejectedLine[] {
    const rejects = this.rejects.slice(this.rejectsTaken);
    this.rejectsTaken = this.rejects.length;
    return rejects;
  }

  private async refuse(event: number, { write, reason, detail }: Refusal, applied: readonly string[] = []): Promise<void> {
    this.reject({
      line: await this.offsets.at(event),
      reject: { reason, detail },
      table: write.table,
      ...(applied.length === 0 ? {} : { applied }),
    });
  }
}

/** The tables of what went through of events that are refused in part. */
function otherTables(writes: readonly Write[], refused: ReadonlyMap<number, Refusal>): Map<number, string[]> {
  const tables = new Map<number, string[]>();
  if (refused.size === 0) return tables;
  for (const write of writes) {
    for (const event of write.events) {
      const refusal = refused.get(event);
      if (refusal === undefined || refusal.write === write) continue;
      const known = tables.get(event);
      if (known) known.push(write.table);
      else tables.set(event, [write.table]);
    }
  }
  return tables;
}

/** The same message id with other content. */
function isOtherMessage(mutation: Mutation, before: Item): boolean {
  return mutation.table === 'mqtt_msg' && mutation.kind === 'put' && !isDeepStrictEqual(before, mutation.item);
}
