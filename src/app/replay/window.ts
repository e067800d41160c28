import { isDeepStrictEqual } from 'node:util';
import type { Effect } from '../../domain/hooks/apply.ts';
import type { Mutation } from '../../domain/hooks/mutation.ts';
import type { Write } from '../../domain/hooks/write.ts';
import { WriteSet } from '../../domain/hooks/write-set.ts';
import type { Item } from '../../domain/item.ts';
import { textOfKey } from '../../domain/records/keys.ts';
import { TABLES, type TableName } from '../../domain/records/tables.ts';
import type { Refusal } from '../../dynamo/writer.ts';
import { copyLine, type Line } from '../../files/lines.ts';
import type { RejectedLine } from '../../files/rejects.ts';
import { noEvents, type EventCounts } from './counts.ts';
import type { OpenInput, Position } from './inputs.ts';
import type { WindowBounds } from './options.ts';
import { RecordOffsets } from './record-offsets.ts';

/** So much a window holds at the most, in bytes; as much again is on its way out. */
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
  private firstReadAt = Infinity;
  private readonly writeSet = new WriteSet();
  private readonly offsets: RecordOffsets;
  /** Messages by their key, also those of other shards; only where conflicts are asked for. */
  private readonly messages = new Map<string, Item>();
  /** Of each event the tables that its writes go to, one bit a table: no event has two keys in one. */
  private tables = new Uint8Array(0);
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

  /** How long its first record has been waiting, in milliseconds; less than zero without one. */
  get age(): number {
    return performance.now() - this.firstReadAt;
  }

  /** Counts a record in, whatever becomes of it. */
  read(line: Line): void {
    if (this.isEmpty) this.firstReadAt = performance.now();
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

  /**
   * Hands over what is to be sent, when nothing more is added. The window keeps none of it, so that a write that is through can
   * be freed while others are still on their way.
   */
  takeWrites(): Write[] {
    const writes = this.writeSet.takeWrites();
    this.tables = new Uint8Array(this.offsets.length);
    for (const { table, events } of writes) {
      for (const event of events) this.tables[event] = this.tablesOf(event) | bitOf(table);
    }
    return writes;
  }

  get hasWrites(): boolean {
    return !this.writeSet.isEmpty;
  }

  /** An event whose every write was replaced by a later one of the window is superseded; one that was refused is rejected. */
  async settle(refusals: readonly Refusal[]): Promise<void> {
    const refused = new Map<number, Refusal>();
    for (const refusal of refusals) {
      for (const event of refusal.events) {
        refused.set(event, refusal);
        this.tables[event] = this.tablesOf(event) & ~bitOf(refusal.write.table);
      }
    }
    for (const [event, refusal] of [...refused].sort(([a], [b]) => a - b)) await this.refuse(event, refusal);
    for (const [event, tables] of this.tables.entries()) {
      if (refused.has(event)) continue;
      if (tables === 0) this.counts.superseded += 1;
      else this.counts.applied += 1;
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

  private tablesOf(event: number): number {
    return this.tables[event] ?? 0;
  }

  private async refuse(event: number, { write, reason, detail }: Refusal): Promise<void> {
    // what went through of an event that is refused in part
    const applied = TABLES.filter((table) => (this.tablesOf(event) & bitOf(table)) !== 0);
    this.reject({
      line: await this.offsets.at(event),
      reject: { reason, detail },
      table: write.table,
      ...(applied.length === 0 ? {} : { applied }),
    });
  }
}

function bitOf(table: TableName): number {
  return 1 << TABLES.indexOf(table);
}

/** The same message id with other content. */
function isOtherMessage(mutation: Mutation, before: Item): boolean {
  return mutation.table === 'mqtt_msg' && mutation.kind === 'put' && !isDeepStrictEqual(before, mutation.item);
}
