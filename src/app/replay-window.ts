import { isDeepStrictEqual } from 'node:util';
import type { Effect } from '../domain/hooks/apply.ts';
import type { Mutation } from '../domain/hooks/mutation.ts';
import type { Write } from '../domain/hooks/write.ts';
import { WriteSet } from '../domain/hooks/write-set.ts';
import type { Row } from '../domain/records/rows.ts';
import type { Refusal } from '../dynamo/writer.ts';
import type { Framing } from '../files/documents.ts';
import { apart, type Line } from '../files/lines.ts';
import type { RejectedLine } from '../files/rejects.ts';
import { noEvents, type EventCounts } from './replay-counts.ts';
import type { ReplayInput } from './replay-events.ts';
import { PlaceList } from './replay-places.ts';

/** Where the record behind a window starts. */
export type Watermark = { input: number; offset: number; number: number; framing: Framing };

/** How much a window may hold. */
export type WindowBounds = { events: number; bytes: number };

/** So much a window holds at the most, in bytes. Two of them are there at a time, and as much again is on its way out. */
const MAX_BYTES = 16 << 20;

/** Events of a window: folding gets better with its size, but what a stopped run has to do again gets more. */
const FIRST_EVENTS = 32_768;
const MAX_EVENTS = 98_304;
const MIN_EVENTS = 256;
/** A window should be through within so long, in milliseconds. */
const SLOW = 20_000;

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
    if (millis > SLOW) this.events = Math.max(MIN_EVENTS, this.events >> 1);
    else if (millis < SLOW / 2) this.events = Math.min(MAX_EVENTS, this.events * 2);
  }
}

/** Events that are folded and sent together, and everything that is needed to account for each of them. */
export class Window {
  readonly counts: EventCounts = noEvents();
  readonly rejects: RejectedLine[] = [];
  readonly openedAt = Date.now();
  private readonly start: Watermark;
  private readonly bounds: WindowBounds;
  private readonly writeSet = new WriteSet();
  private readonly places = new PlaceList();
  /** Messages by their GUID, also those of other shards; only where conflicts are asked for. */
  private readonly messages = new Map<string, Row>();
  private last: { input: ReplayInput; line: Line } | undefined;
  private rejectedBytes = 0;

  constructor(start: Watermark, bounds: WindowBounds) {
    this.start = start;
    this.bounds = bounds;
  }

  get isEmpty(): boolean {
    return this.counts.read === 0;
  }

  get isFull(): boolean {
    const { counts, bounds } = this;
    return counts.read >= bounds.events || this.rejectedBytes + this.places.held + this.writeSet.bytes >= bounds.bytes;
  }

  /** Where the record behind the window starts. */
  get watermark(): Watermark {
    if (this.last === undefined) return this.start;
    const { input, line } = this.last;
    return { input: input.index, offset: line.end, number: line.number + 1, framing: input.framing() ?? 'lines' };
  }

  /** Counts a record in, whatever becomes of it. */
  read(input: ReplayInput, line: Line): void {
    this.counts.read += 1;
    this.last = { input, line };
  }

  /** True where a message of the same id but with other content is still in the window; else takes note of what is new. */
  conflicts({ mutations }: Effect): boolean {
    for (const mutation of mutations) {
      const before = mutation.kind === 'put-message' ? this.messages.get(mutation.guid) : undefined;
      if (before !== undefined && isOtherMessage(mutation, before)) return true;
    }
    for (const mutation of mutations) {
      if (mutation.kind === 'put-message') this.messages.set(mutation.guid, mutation.row);
      else if (mutation.kind === 'delete-message') this.messages.delete(mutation.guid);
    }
    return false;
  }

  apply(input: ReplayInput, line: Line, { actions, mutations }: Effect): void {
    const event = this.places.add(input, line);
    for (const action of actions) this.counts.actions[action] = (this.counts.actions[action] ?? 0) + 1;
    for (const mutation of mutations) {
      const replaced = this.writeSet.add(event, mutation);
      if (replaced !== undefined && isOtherMessage(mutation, replaced)) this.counts.overwritten += 1;
    }
  }

  reject(rejected: RejectedLine): void {
    this.counts.rejected += 1;
    // a few lines must not keep whole blocks of the input in memory
    this.rejects.push({ ...rejected, line: apart(rejected.line) });
    this.rejectedBytes += rejected.line.bytes.length;
  }

  drain(): Write[] {
    return this.writeSet.writes();
  }

  /** An event whose every write was replaced by a later one of the window is superseded; one that was refused is rejected. */
  async settle(writes: readonly Write[], refusals: readonly Refusal[]): Promise<void> {
    const carried = new Uint8Array(this.places.length);
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

  private async refuse(event: number, { write, reason, detail }: Refusal, applied: readonly string[] = []): Promise<void> {
    this.reject({
      ...(await this.places.at(event)),
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
function isOtherMessage(mutation: Mutation, before: Row): boolean {
  if (mutation.kind !== 'put-message') return false;
  return !isDeepStrictEqual(before.item, mutation.row.item);
}
