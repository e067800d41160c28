import { LastConnects } from '../../domain/events/last-connects.ts';
import { MqdynError } from '../../domain/errors.ts';
import { writtenTables } from '../../domain/hooks/written-tables.ts';
import { plural } from '../../domain/count-text.ts';
import type { Dynamo } from '../../dynamo/client.ts';
import { Pace } from '../../dynamo/pace.ts';
import { Writer, type Refusal } from '../../dynamo/writer.ts';
import { GroupCommit } from '../../files/group-commit.ts';
import type { RejectedLine } from '../../files/rejects.ts';
import { checkTables } from '../tables/check-tables.ts';
import { addCounts, isAccountedFor, noEvents } from '../replay/counts.ts';
import { BEGINNING } from '../replay/inputs.ts';
import { Ledger } from '../replay/ledger.ts';
import { fold, Reading } from '../replay/windows.ts';
import { Window } from '../replay/window.ts';
import { LiveInput } from './live-input.ts';
import type { LiveEvent } from './intake.ts';
import type { LiveOptions } from './options.ts';

/** Events of a window: requests wait for all of it, so that it is to be through soon, however slow the tables are. */
const FIRST_EVENTS = 512;
const FEWEST_EVENTS = 16;
const MOST_EVENTS = 32_768;
const MAX_BYTES = 4 << 20;
/** A window should take longer than the one and not as long as the other, in milliseconds. */
const FAST_MS = 500;
const SLOW_MS = 2_000;

/** Numbers of the records that were rejected. */
export type Rejected = ReadonlySet<number>;

/** Events of a listener on their way into the tables, in the order of their arrival, one window at a time. */
export class LiveWindows {
  readonly writer: Writer;
  readonly ledger: Ledger;
  /** Disconnects of connections that were older than the last one. */
  late = 0;
  private readonly dynamo: Dynamo;
  private readonly options: LiveOptions;
  private readonly input: LiveInput;
  private readonly reading: Reading;
  private readonly connects = new LastConnects();
  private readonly rejects = new GroupCommit<readonly RejectedLine[]>((groups) => this.ledger.keep(groups.flat()));
  private keptRejects = 0;
  private events = FIRST_EVENTS;
  private lateInWindow = 0;
  private isChecked: boolean;

  constructor(name: string, dynamo: Dynamo, options: LiveOptions) {
    this.dynamo = dynamo;
    this.options = options;
    this.input = new LiveInput(name);
    this.reading = new Reading({ ...options, shard: undefined });
    this.isChecked = !options.preflight;
    const pace = options.maxWcu === undefined ? undefined : new Pace(options.maxWcu);
    this.writer = new Writer(dynamo, { ...options, pace });
    const rejects = { path: options.rejects, keep: true };
    this.ledger = new Ledger({ facts: undefined, before: undefined, rejects, writer: () => this.writer.counts });
  }

  /** Makes sure, once, that the tables are there. */
  async check(signal: AbortSignal): Promise<void> {
    if (this.isChecked) return;
    const { rules, topic, liveName } = this.options;
    await checkTables(this.dynamo, writtenTables(rules, topic), { liveName, signal });
    this.isChecked = true;
  }

  /** Counts records that are rejected before they come into a window, and makes them durable. */
  async reject(rejects: readonly RejectedLine[]): Promise<void> {
    const { maxRejects, notice } = this.options;
    addCounts(this.ledger.counts, { ...noEvents(), read: rejects.length, rejected: rejects.length });
    const kept = rejects.slice(0, Math.max(0, maxRejects - this.keptRejects));
    if (kept.length < rejects.length && this.reading.isNew('rejects'))
      notice(`${maxRejects} records were rejected; further ones are counted and not kept (--max-rejects)`);
    this.keptRejects += kept.length;
    if (kept.length > 0) await this.rejects.add(kept);
  }

  skip(count: number): void {
    addCounts(this.ledger.counts, { ...noEvents(), read: count, skipped: count });
  }

  /** One window at a time. */
  open(): Window {
    this.lateInWindow = 0;
    return new Window(this.input, BEGINNING, this.options.window ?? { events: this.events, bytes: MAX_BYTES });
  }

  /** Takes an event into a window. True when that is to be sent. */
  take({ line, decoded: { decoded, notices } }: LiveEvent, window: Window): boolean {
    for (const notice of notices) if (this.reading.isNew(notice)) this.options.notice(`note: ${notice}`);
    window.read(line);
    if ('reject' in decoded) window.reject({ line, reject: decoded.reject });
    else if ('skip' in decoded) window.counts.skipped += 1;
    else if (this.connects.isLate(decoded.event)) {
      window.counts.skipped += 1;
      this.lateInWindow += 1;
    } else {
      const reject = fold(decoded.event, line, window, { ...this.options, shard: undefined }, this.reading);
      if (reject !== undefined) window.reject({ line, reject });
    }
    return window.isFull;
  }

  /** Sends a window and settles it: everything of it is in the tables or in the reject file. */
  async send(window: Window, signal: AbortSignal): Promise<Rejected> {
    const started = performance.now();
    await window.settle(await sendAll(window, this.writer, signal));
    const rejected = new Set(window.rejects.map(({ line }) => line.number));
    if (rejected.size > 0) await this.rejects.add(window.newRejects());
    this.late += this.lateInWindow;
    addCounts(this.ledger.counts, window.counts);
    this.resize(performance.now() - started, window.isFull);
    return rejected;
  }

  private resize(millis: number, full: boolean): void {
    if (millis > SLOW_MS) this.events = Math.max(FEWEST_EVENTS, this.events >> 1);
    else if (full && millis < FAST_MS) this.events = Math.min(MOST_EVENTS, this.events * 2);
  }

  async close(): Promise<void> {
    await this.rejects.idle();
    await this.ledger.close();
    const { notice } = this.options;
    const { reconciled } = this.writer;
    if (reconciled > 0) notice(`reconciled ${reconciled} ${plural('topic', reconciled)} after calls whose outcome was unknown`);
    if (!isAccountedFor(this.ledger.counts)) throw new MqdynError('E_BUG', 'the counts do not add up');
  }
}

/** In a function that ends at once, so that nothing here keeps the writes while they are sent. */
function sendAll(window: Window, writer: Writer, signal: AbortSignal): Promise<Refusal[]> {
  return writer.send(window.takeWrites(), signal);
}
