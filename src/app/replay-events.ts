import { MqdynError } from '../domain/errors.ts';
import { rejected, type Decoded, type HookEvent, type Millis, type Reject } from '../domain/events/event.ts';
import type { EventFormat, PayloadEncoding } from '../domain/events/format.ts';
import { noticesOf } from '../domain/events/notices.ts';
import { timeOf, topicOf } from '../domain/events/facets.ts';
import { duplicateKey } from '../domain/events/duplicate-key.ts';
import { readRecord, readRecordText } from '../domain/events/record.ts';
import { decodeRecord } from '../domain/events/registry.ts';
import type { RetainedPolicy } from '../domain/events/retained.ts';
import { applyEvent, type ApplyOptions, type Effect } from '../domain/hooks/apply.ts';
import { placeOfMutation } from '../domain/hooks/mutation.ts';
import { inShard, type Shard } from '../domain/hooks/shard.ts';
import type { Write } from '../domain/hooks/write.ts';
import { isText } from '../domain/mqtt/payload.ts';
import { topicMatches } from '../domain/mqtt/topic.ts';
import type { Refusal } from '../dynamo/writer.ts';
import type { Framing } from '../files/documents.ts';
import type { Line } from '../files/lines.ts';
import type { RejectedLine } from '../files/rejects.ts';
import { blocksOf, IDLE_AFTER } from './replay-blocks.ts';
import { addCounts, noEvents, type EventCounts } from './replay-counts.ts';
import { Window, WindowSize, type Watermark, type WindowBounds } from './replay-window.ts';

export type ReplayOptions = ApplyOptions & {
  /** Undefined tells the format of each record by itself. */
  format: EventFormat | undefined;
  node: string;
  payloadEncoding: PayloadEncoding;
  retainedAsOld?: RetainedPolicy | undefined;
  /** Only events of these topics; undefined for all. */
  topic: string | undefined;
  ignoreUnknown: boolean;
  maxRejects: number;
  /** A JSON key twice in a record, and a message id that comes again with other content, are rejects. */
  strict: boolean;
  shard: Shard | undefined;
  signal: AbortSignal;
  notice: (sentence: string) => void;
  /** Other bounds of a window than the usual ones. */
  window?: WindowBounds;
};

/** Where windows go. */
export type WindowSink = {
  /** Sends the writes of a window; later windows may be sent before it is through. */
  send(writes: readonly Write[]): Promise<Refusal[]>;
  /** Makes rejects durable. Called before anything of the window counts as done. */
  keepRejects(rejects: readonly RejectedLine[]): Promise<void>;
  /** A window is settled: everything before the watermark is. */
  settled(watermark: Watermark, counts: EventCounts): Promise<void>;
};

/** One input of a replay, opened. `live`: its end is not known, events come as they happen. */
export type ReplayInput = {
  index: number;
  name: string;
  live: boolean;
  /** Time for records that tell none, in Unix milliseconds. */
  fallbackMillis: number | undefined;
  records: AsyncGenerator<readonly Line[]>;
  framing(): Framing | undefined;
  /** Reads the bytes of a record once more; only where the input is a plain file. */
  reread?: (offset: number, end: number) => Promise<Buffer>;
};

/** Without one good event among so many records, the input is no recording. */
const RECORDS_TO_TRUST = 1_000;

/**
 * Applies recorded events in order. Events are folded in windows; while one window is sent the next one is read. Windows
 * settle in order, and every event ends in exactly one of the four counts.
 */
export class Replay {
  private readonly options: ReplayOptions;
  private readonly sink: WindowSink;
  private window: Window;
  private flight: Promise<void> | undefined;
  private flying = false;
  /** The window under way, as long as its events do not count as settled. */
  private sealed: Window | undefined;
  private readonly noticed = new Set<string>();
  private readonly windowSize: WindowSize;
  private trusted: boolean;
  private newest: Millis = 0;
  private unread: { input: ReplayInput; line: Line } | undefined;
  /** Counts of settled events. */
  readonly counts: EventCounts;

  constructor(options: ReplayOptions, sink: WindowSink, from: { watermark: Watermark; counts: EventCounts } | undefined) {
    this.options = options;
    this.sink = sink;
    this.counts = from?.counts ?? noEvents();
    this.trusted = this.counts.read > this.counts.rejected;
    this.windowSize = new WindowSize(options.window);
    this.window = new Window(from?.watermark ?? { input: 0, offset: 0, number: 1, framing: 'lines' }, this.windowSize.bounds);
  }

  /** Events read so far, settled or not. */
  get read(): number {
    return this.counts.read + (this.sealed?.counts.read ?? 0) + this.window.counts.read;
  }

  /** Resolves when every event of the inputs is settled. */
  async run(inputs: AsyncIterable<ReplayInput>): Promise<void> {
    try {
      await this.takeAll(inputs);
    } catch (error) {
      // what was read before the damage is whole
      if (this.trusted && error instanceof MqdynError && error.code === 'E_INPUT_DAMAGED') await this.seal();
      // nothing goes on behind the back of whoever hears of the fault
      await this.landed().catch(() => undefined);
      throw error;
    }
    if (!this.trusted && this.read > 0) throw this.notALog();
    await this.seal();
    await this.landed();
    if (this.unread) throw this.incompleteTail(this.unread);
  }

  private async takeAll(inputs: AsyncIterable<ReplayInput>): Promise<void> {
    for await (const input of inputs) {
      const idle = input.live ? () => this.sealIdle() : undefined;
      for await (const block of blocksOf(input.records, this.options.signal, idle)) {
        for (const line of block) {
          const wait = this.take(input, line);
          if (wait === undefined) continue;
          await wait;
          this.options.signal.throwIfAborted();
        }
      }
    }
  }

  /** Takes one record in. Only where something has to be waited for it gives a promise: awaiting each record is dear. */
  private take(input: ReplayInput, line: Line): Promise<void> | undefined {
    const decoded = this.decode(input, line);
    if (line.unterminated && 'reject' in decoded && decoded.reject.reason === 'json_syntax') {
      // the writer may still be at it; a later run with --resume reads the whole of it
      this.unread = { input, line };
      return undefined;
    }
    this.window.read(input, line);
    if ('reject' in decoded) return this.reject({ input: input.name, line, reject: decoded.reject });
    this.trusted = true;
    if ('skip' in decoded || !this.isWanted(decoded.event)) this.window.counts.skipped += 1;
    else {
      const reject = this.apply(input, line, decoded.event);
      if (reject !== undefined) return this.reject({ input: input.name, line, reject });
    }
    return this.window.isFull ? this.seal() : undefined;
  }

  private decode(input: ReplayInput, line: Line): Decoded {
    if (line.tooLong) return rejected('line_too_long', `${line.tooLong.length} bytes`);
    const read = line.text === undefined ? readRecord(line.bytes) : readRecordText(line.text, false);
    if ('reject' in read) return read;
    const twice = this.options.strict ? duplicateKey(line.bytes.toString('utf8')) : undefined;
    if (twice !== undefined) return rejected('duplicate_key', twice);
    const { node, payloadEncoding, retainedAsOld, ignoreUnknown, shard } = this.options;
    // the parts of a pipe read it at times of their own, and would make other ids of the same record
    const fallbackMillis = input.live && shard !== undefined ? undefined : input.fallbackMillis;
    const options = { node, payloadEncoding, retainedAsOld, fallbackMillis };
    const { format, decoded } = decodeRecord(read.record, options, this.options.format);
    for (const notice of noticesOf(decoded, format, input.live)) this.noticeOnce(notice);
    if (format?.received && 'event' in decoded) this.countReceived(decoded.event);
    const ignored = ignoreUnknown && 'reject' in decoded && decoded.reject.reason === 'unknown_event';
    return ignored ? { skip: decoded.reject.detail } : decoded;
  }

  private countReceived(event: HookEvent): void {
    if (event.hook !== 'message.publish' || !this.isWanted(event)) return;
    const { counts } = this.window;
    counts.received += 1;
    if (event.message.qos === 0) counts.receivedQos0 += 1;
  }

  private noticeOnce(notice: string): void {
    if (this.noticed.has(notice)) return;
    this.noticed.add(notice);
    this.options.notice(`note: ${notice}`);
  }

  private isWanted(event: HookEvent): boolean {
    const { topic } = this.options;
    if (topic === undefined) return true;
    const name = topicOf(event);
    return name !== undefined && topicMatches(name, topic);
  }

  private apply(input: ReplayInput, line: Line, event: HookEvent): Reject | undefined {
    const { counts } = this.window;
    const effect = applyEvent(event, this.options);
    if ('reject' in effect) return effect.reject;
    // what is a conflict does not depend on the shard
    const conflict = this.options.strict && this.window.conflicts(effect);
    const own = this.options.shard === undefined ? effect : ofShard(effect, this.options.shard);
    if (own.mutations.length === 0) {
      counts.skipped += 1;
      return undefined;
    }
    this.watchOrder(event);
    if (conflict) return { reason: 'msgid_conflict', detail: 'another message has the same id' };
    if (event.hook === 'message.publish') {
      if (event.message.cut) counts.cut += 1;
      if (!isText(event.message.payload)) counts.binary += 1;
    }
    this.window.apply(input, line, own);
    return undefined;
  }

  private watchOrder(event: HookEvent): void {
    const time = timeOf(event);
    if (time === undefined) return;
    if (time < this.newest) this.window.counts.outOfOrder += 1;
    else this.newest = time;
  }

  private async reject(line: RejectedLine): Promise<void> {
    this.window.reject(line);
    if (!this.trusted && (this.read >= RECORDS_TO_TRUST || this.window.isFull)) throw this.notALog();
    if (this.counts.rejected + this.window.counts.rejected <= this.options.maxRejects) {
      if (this.window.isFull) await this.seal();
      return;
    }
    await this.seal();
    await this.landed();
    throw new MqdynError('E_TOO_MANY_REJECTS', `more than ${this.options.maxRejects} records were rejected`);
  }

  /** Sends a window that has waited, unless one is under way: then the longer it gets the better. */
  private async sealIdle(): Promise<void> {
    const waited = Date.now() - this.window.openedAt >= IDLE_AFTER;
    if (waited && !this.flying && this.trusted && !this.window.isEmpty) await this.seal();
  }

  private async seal(): Promise<void> {
    await this.landed();
    if (this.window.isEmpty) return;
    const sealed = this.window;
    this.window = new Window(sealed.watermark, this.windowSize.bounds);
    this.sealed = sealed;
    this.flying = true;
    this.flight = this.send(sealed).finally(() => {
      this.flying = false;
    });
    // a failure is met when the next window is to be sent
    this.flight.catch(() => undefined);
  }

  /** Waits until the window that was sent is settled. */
  private async landed(): Promise<void> {
    await this.flight;
  }

  private async send(window: Window): Promise<void> {
    const started = performance.now();
    await this.sink.keepRejects(window.rejects);
    const kept = window.rejects.length;
    const writes = window.drain();
    const refusals = await this.sink.send(writes);
    await window.settle(writes, refusals);
    await this.sink.keepRejects(window.rejects.slice(kept));
    addCounts(this.counts, window.counts);
    this.sealed = undefined;
    await this.sink.settled(window.watermark, this.counts);
    this.windowSize.took(performance.now() - started);
  }

  private notALog(): MqdynError {
    const [first] = this.window.rejects;
    const where = first ? `; ${first.input}:${first.line.number}: ${first.reject.reason} (${first.reject.detail})` : '';
    return new MqdynError('E_NOT_A_LOG', `no valid event in ${this.read} records${where}`);
  }

  private incompleteTail({ input, line }: { input: ReplayInput; line: Line }): MqdynError {
    const name = input.name === '-' ? 'stdin' : input.name;
    // what came from a pipe does not come again
    const hint = input.live ? { hint: 'Everything before it is done; replay that record from a file when it is complete.' } : {};
    return new MqdynError('E_TAIL', `the last line of ${name} is incomplete (${line.bytes.length} bytes), left unread`, hint);
  }
}

function ofShard(effect: Effect, shard: Shard): Effect {
  return { ...effect, mutations: effect.mutations.filter((mutation) => inShard(placeOfMutation(mutation), shard)) };
}
