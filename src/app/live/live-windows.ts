import { EventHistory } from '../../domain/events/event-history.ts';
import { MqdynError } from '../../domain/errors.ts';
import type { Decoded, HookEvent } from '../../domain/events/event.ts';
import { runsOn } from '../../domain/hooks/apply.ts';
import { writtenTables } from '../../domain/hooks/written-tables.ts';
import { sizeText } from '../../domain/byte-size.ts';
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
import { isWanted } from '../replay/decode.ts';
import type { ReplayOptions } from '../replay/options.ts';
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
/** The reject file takes no more, in bytes. */
const MAX_REJECT_BYTES = 64 << 20;
/** A window should take longer than the one and not as long as the other, in milliseconds. */
const FAST_MS = 500;
const SLOW_MS = 2_000;

type Applicable = Extract<Decoded, { event: HookEvent }>;

/** Numbers of the records that were rejected. */
export type Rejected = ReadonlySet<number>;

/** Events of a listener on their way into the tables, in the order of their arrival, one window at a time. */
export class LiveWindows {
  readonly writer: Writer;
  readonly ledger: Ledger;
  /** Events that came after one that they should have come before, and were left out or in part. */
  late = 0;
  private readonly dynamo: Dynamo;
  private readonly options: LiveOptions;
  private readonly input: LiveInput;
  private readonly reading: Reading;
  private readonly history = new EventHistory();
  /** Without what would store a message that was acked already. */
  private readonly foldingAcked: ReplayOptions;
  private readonly rejects = new GroupCommit<readonly RejectedLine[]>((groups) => this.ledger.keep(groups.flat()));
  private keptRejects = 0;
  private events = FIRST_EVENTS;
  private lateInWindow = 0;
  private isChecked: boolean;

  constructor(name: string, dynamo: Dynamo, options: LiveOptions) {
    this.dynamo = dynamo;
    this.options = options;
    this.input = new LiveInput(name);
    const rules = options.rules.filter(({ action }) => action !== 'on_message_publish' && action !== 'on_message_store');
    this.foldingAcked = { ...options, rules };
    this.reading = new Reading(options);
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

  /** A reject file that cannot be written is known before anything is taken. */
  begin(): Promise<void> {
    return this.ledger.begin();
  }

  /** Makes records durable that are rejected before they come into a window, and counts them. */
  async reject(rejects: readonly RejectedLine[]): Promise<void> {
    await this.keep(rejects);
    addCounts(this.ledger.counts, { ...noEvents(), read: rejects.length, rejected: rejects.length });
  }

  private async keep(rejects: readonly RejectedLine[]): Promise<void> {
    const { maxRejects, notice } = this.options;
    const room = this.ledger.rejectBytes < MAX_REJECT_BYTES ? Math.max(0, maxRejects - this.keptRejects) : 0;
    const kept = rejects.slice(0, room);
    if (kept.length < rejects.length && this.reading.isNew('rejects')) {
      const all = `${maxRejects} ${plural('record', maxRejects)} or ${sizeText(MAX_REJECT_BYTES)}`;
      notice(`the reject file is full (${all}, see --max-rejects): further rejects are counted and not kept`);
    }
    if (kept.length === 0) return;
    await this.rejects.add(kept);
    this.keptRejects += kept.length;
  }

  skip(count: number): void {
    addCounts(this.ledger.counts, { ...noEvents(), read: count, skipped: count });
  }

  /** One window at a time. */
  open(): Window {
    this.lateInWindow = 0;
    this.history.rollBack();
    return new Window(this.input, BEGINNING, this.options.window ?? { events: this.events, bytes: MAX_BYTES });
  }

  /** Takes an event into a window. True when that is to be sent. */
  take({ line, at, decoded: { decoded, notices } }: LiveEvent, window: Window): boolean {
    for (const notice of notices) if (this.reading.isNew(notice)) this.options.notice(`note: ${notice}`);
    window.read(line);
    if ('reject' in decoded) window.reject({ line, reject: decoded.reject });
    // what an earlier run spooled may be of topics that this one was not asked for
    else if ('skip' in decoded || !isWanted(decoded.event, this.options.topic)) window.counts.skipped += 1;
    else if (this.history.isLate(decoded)) {
      window.counts.skipped += 1;
      this.lateInWindow += 1;
    } else this.fold(decoded, { line, at }, window);
    return window.isFull;
  }

  private fold(decoded: Applicable, { line, at }: Pick<LiveEvent, 'line' | 'at'>, window: Window): void {
    const { event } = decoded;
    const wasAcked = this.history.wasAcked(event);
    if (wasAcked) this.lateInWindow += 1;
    const reject = fold(event, line, window, wasAcked ? this.foldingAcked : this.options, this.reading);
    if (reject !== undefined) window.reject({ line, reject });
    // an ack that no rule carries out takes no message away
    else if (event.hook !== 'message.acked' || runsOn(event, 'on_message_acked_for_queue', this.options.rules)) {
      this.history.note(decoded, at);
    }
  }

  /** Sends a window and settles it: everything of it is in the tables or in the reject file. */
  async send(window: Window, signal: AbortSignal): Promise<Rejected> {
    const started = performance.now();
    await window.settle(await sendAll(window, this.writer, signal));
    const rejected = new Set(window.rejects.map(({ line }) => line.number));
    await this.keep(window.newRejects());
    this.history.commit();
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
