import type { Effect } from '../domain/hooks/apply.ts';
import { WriteSet, type Write } from '../domain/hooks/write-set.ts';
import type { Refusal } from '../dynamo/writer.ts';
import type { Framing } from '../files/documents.ts';
import type { Line } from '../files/lines.ts';
import type { RejectedLine } from '../files/rejects.ts';
import { noEvents, type EventCounts } from './replay-counts.ts';
import type { ReplayInput } from './replay-events.ts';

/** Where the record behind a window starts. */
export type Watermark = { input: number; offset: number; number: number; framing: Framing };

/** How much a window may hold. */
export type WindowBounds = { events: number; bytes: number };

/** So much a window holds at the most, in bytes. */
const MAX_BYTES = 64 << 20;

/** Events of a window: folding gets better with its size, but what a stopped run has to do again gets more. */
const FIRST_EVENTS = 16_384;
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

/** What is held of an event whose line can be read again. */
const PLACE_BYTES = 32;

/**
 * Where the events of a window stand in their inputs. Numbers only: of an input that can be read again the lines themselves
 * are not held, because hardly any of them is ever wanted.
 */
class PlaceList {
  private readonly inputs: ReplayInput[] = [];
  private readonly numbers: number[] = [];
  private readonly offsets: number[] = [];
  private readonly ends: number[] = [];
  private readonly bytes: (Buffer | undefined)[] = [];

  get length(): number {
    return this.numbers.length;
  }

  add(input: ReplayInput, { number, offset, end, bytes }: Line): number {
    this.inputs.push(input);
    this.offsets.push(offset);
    this.ends.push(end);
    this.bytes.push(input.reread === undefined ? bytes : undefined);
    return this.numbers.push(number) - 1;
  }

  async at(event: number): Promise<{ input: string; line: Line }> {
    const input = this.inputs[event]!;
    const [number, offset, end] = [this.numbers[event]!, this.offsets[event]!, this.ends[event]!];
    const bytes = this.bytes[event] ?? (await input.reread!(offset, end));
    return { input: input.name, line: { number, offset, end, bytes } };
  }
}

/** Events that are folded and sent together, and everything that is needed to account for each of them. */
export class Window {
  readonly counts: EventCounts = noEvents();
  readonly rejects: RejectedLine[] = [];
  readonly openedAt = Date.now();
  /** Set as records are taken in. */
  watermark: Watermark;
  private readonly writeSet = new WriteSet();
  private readonly places = new PlaceList();
  private readonly bounds: WindowBounds;
  private heldBytes = 0;

  constructor(watermark: Watermark, bounds: WindowBounds) {
    this.watermark = watermark;
    this.bounds = bounds;
  }

  get isEmpty(): boolean {
    return this.counts.read === 0;
  }

  get isFull(): boolean {
    return this.counts.read >= this.bounds.events || this.heldBytes + this.writeSet.bytes >= this.bounds.bytes;
  }

  /** Message put of the same id that is still in the window. */
  pendingPut(mutation: Effect['mutations'][number]): Write | undefined {
    return this.writeSet.pendingPut(mutation);
  }

  apply(input: ReplayInput, line: Line, effect: Effect): void {
    const event = this.places.add(input, line);
    for (const action of effect.actions) this.counts.actions[action] = (this.counts.actions[action] ?? 0) + 1;
    for (const mutation of effect.mutations) this.writeSet.add(event, mutation);
    this.heldBytes += PLACE_BYTES + (input.reread === undefined ? line.bytes.length : 0);
  }

  reject(rejected: RejectedLine): void {
    this.counts.rejected += 1;
    this.rejects.push(rejected);
    this.heldBytes += rejected.line.bytes.length;
  }

  drain(): Write[] {
    return this.writeSet.drain();
  }

  /** An event whose every write was replaced by a later one of the window is superseded; one that was refused is rejected. */
  async settle(writes: readonly Write[], refusals: readonly Refusal[]): Promise<void> {
    const carried = new Uint8Array(this.places.length);
    for (const { events } of writes) for (const event of events) carried[event] = 1;
    const refused = new Map<number, Refusal>();
    for (const refusal of refusals) for (const event of refusal.events) refused.set(event, refusal);
    for (const [event, refusal] of [...refused].sort(([a], [b]) => a - b)) await this.refuse(event, refusal, writes);
    for (let event = 0; event < carried.length; event += 1) {
      if (refused.has(event)) continue;
      if (carried[event] === 1) this.counts.applied += 1;
      else this.counts.superseded += 1;
    }
  }

  private async refuse(event: number, { write, reason, detail }: Refusal, writes: readonly Write[]): Promise<void> {
    const others = writes.filter((other) => other !== write && other.events.includes(event));
    const applied = others.map(({ table }) => table);
    this.reject({
      ...(await this.places.at(event)),
      reject: { reason, detail },
      table: write.table,
      ...(applied.length === 0 ? {} : { applied }),
    });
  }
}
