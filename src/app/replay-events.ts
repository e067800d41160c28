import { MqdynError } from '../domain/errors.ts';
import type { Decoded, HookEvent, Reject } from '../domain/events/event.ts';
import type { EventFormat } from '../domain/events/format.ts';
import { readRecord } from '../domain/events/record.ts';
import { formatOf } from '../domain/events/registry.ts';
import { applyEvent, type ApplyOptions } from '../domain/hooks/apply.ts';
import type { Action } from '../domain/hooks/rules.ts';
import { WriteSet, type Write } from '../domain/hooks/write-set.ts';
import { topicMatches } from '../domain/mqtt/topic.ts';
import type { Refusal, Writer, WriterCounts } from '../dynamo/writer.ts';
import type { InputFile } from '../files/input.ts';
import type { Line } from '../files/lines.ts';
import type { RejectedLine, RejectFile } from '../files/rejects.ts';

export type ReplayOptions = ApplyOptions & {
  /** Undefined tells the format of each record by itself. */
  format: EventFormat | undefined;
  node: string;
  /** Only events of these topics; undefined for all. */
  topic: string | undefined;
  ignoreUnknown: boolean;
  maxRejects: number;
  signal: AbortSignal;
};

export type ReplayResult = {
  read: number;
  applied: number;
  superseded: number;
  skipped: number;
  rejected: number;
  /** Of the applied ones, those whose payload the recorder had cut. */
  cut: number;
  actions: Partial<Record<Action, number>>;
  writer: WriterCounts;
};

/** Where the lines of all inputs come from, with the input of each. */
export type ReplayInput = { input: InputFile; lines: AsyncIterable<readonly Line[]> };

/** A window of events is sent when it has so many keys, bytes or events. */
const WINDOW_KEYS = 2_000;
const WINDOW_BYTES = 8 << 20;
const WINDOW_EVENTS = 10_000;

/** Without one good event among so many records, the input is no recording. */
const RECORDS_TO_TRUST = 1_000;

/**
 * Applies recorded events in order. Events are folded in windows; a window is sent whole before the next one starts, so
 * that the writes of a key keep their order. Every event ends in exactly one of the four counts.
 */
export class Replay {
  private readonly options: ReplayOptions;
  private readonly writer: Writer;
  private readonly openRejects: () => Promise<RejectFile>;
  private rejectFile: RejectFile | undefined;
  private readonly writeSet = new WriteSet();
  /** Lines of the window's events, by event number, for those that are rejected while being written. */
  private readonly window = new Map<number, { input: string; line: Line }>();
  private windowBytes = 0;
  private pendingRejects: RejectedLine[] = [];
  private trusted = false;
  private readonly result: ReplayResult;

  constructor(options: ReplayOptions, writer: Writer, openRejects: () => Promise<RejectFile>) {
    this.options = options;
    this.writer = writer;
    this.openRejects = openRejects;
    this.result = { read: 0, applied: 0, superseded: 0, skipped: 0, rejected: 0, cut: 0, actions: {}, writer: writer.counts };
  }

  /** Progress so far. */
  get counts(): Readonly<ReplayResult> {
    return this.result;
  }

  async run(inputs: AsyncIterable<ReplayInput>): Promise<ReplayResult> {
    try {
      for await (const { input, lines } of inputs) {
        for await (const block of lines) {
          for (const line of block) await this.take(input.name, line);
        }
      }
      if (!this.trusted && this.result.read > 0) throw this.notALog();
      await this.flush();
    } finally {
      await this.rejectFile?.close();
    }
    return { ...this.result, writer: this.writer.counts };
  }

  private async take(input: string, line: Line): Promise<void> {
    this.options.signal.throwIfAborted();
    this.result.read += 1;
    const decoded = this.decode(line);
    if ('reject' in decoded) return this.reject({ input, line, reject: decoded.reject });
    this.trusted = true;
    if ('skip' in decoded || !this.isWanted(decoded.event)) {
      this.result.skipped += 1;
      return;
    }
    await this.apply(input, line, decoded.event);
  }

  private decode(line: Line): Decoded {
    if (line.tooLong) return { reject: { reason: 'line_too_long', detail: `${line.tooLong.length} bytes` } };
    const read = readRecord(line.bytes);
    if ('reject' in read) return read;
    const format = this.options.format ?? formatOf(read.record);
    const decoded: Decoded = format
      ? format.decode(read.record, { node: this.options.node })
      : { reject: { reason: 'unknown_event', detail: 'the record is of no known format' } };
    const ignored = this.options.ignoreUnknown && 'reject' in decoded && decoded.reject.reason === 'unknown_event';
    return ignored ? { skip: decoded.reject.detail } : decoded;
  }

  private isWanted(event: HookEvent): boolean {
    if (this.options.topic === undefined) return true;
    switch (event.hook) {
      case 'message.publish':
        return topicMatches(event.message.topic, this.options.topic);
      case 'message.acked':
        return topicMatches(event.topic, this.options.topic);
      case 'session.subscribed':
      case 'session.unsubscribed':
        return topicMatches(event.filter, this.options.topic);
      default:
        return false;
    }
  }

  private async apply(input: string, line: Line, event: HookEvent): Promise<void> {
    const effect = applyEvent(event, this.options);
    if ('reject' in effect) return this.reject({ input, line, reject: effect.reject });
    if (effect.mutations.length === 0) {
      this.result.skipped += 1;
      return;
    }
    const number = this.result.read;
    if (event.hook === 'message.publish' && event.message.cut) this.result.cut += 1;
    for (const action of effect.actions) this.result.actions[action] = (this.result.actions[action] ?? 0) + 1;
    for (const mutation of effect.mutations) this.writeSet.add(number, mutation);
    this.window.set(number, { input, line });
    this.windowBytes += line.bytes.length;
    const full = this.writeSet.size >= WINDOW_KEYS || this.window.size >= WINDOW_EVENTS;
    if (full || this.writeSet.bytes + this.windowBytes >= WINDOW_BYTES) await this.flush();
  }

  private async reject(rejected: RejectedLine): Promise<void> {
    this.result.rejected += 1;
    this.pendingRejects.push(rejected);
    if (!this.trusted && this.result.read >= RECORDS_TO_TRUST) throw this.notALog();
    if (this.trusted && this.pendingRejects.length >= RECORDS_TO_TRUST) await this.writeRejects();
    if (this.result.rejected > this.options.maxRejects) {
      await this.flush();
      throw new MqdynError('E_TOO_MANY_REJECTS', `more than ${this.options.maxRejects} records were rejected`, {
        hint: `See ${this.rejectFile?.path ?? 'the reject file'}, or raise --max-rejects.`,
      });
    }
  }

  /** Sends the window and settles its events: rejects are on the disk before anything counts as done. */
  private async flush(): Promise<void> {
    await this.writeRejects();
    const writes = this.writeSet.drain();
    if (writes.length > 0) await this.openedRejects();
    const refusals = await this.writer.send(writes, this.options.signal);
    this.settle(writes, refusals);
    await this.writeRejects();
    this.window.clear();
    this.windowBytes = 0;
  }

  /** An event whose every write was replaced by a later one of the window is superseded; one that was refused is rejected. */
  private settle(writes: readonly Write[], refusals: readonly Refusal[]): void {
    const carried = new Set(writes.flatMap((write) => write.events));
    const refused = new Map<number, Refusal>();
    for (const refusal of refusals) for (const event of refusal.events) refused.set(event, refusal);
    for (const [event, { input, line }] of this.window) {
      const refusal = refused.get(event);
      if (refusal) {
        this.result.rejected += 1;
        const reject: Reject = { reason: refusal.reason, detail: refusal.detail };
        const applied = writes
          .filter((write) => write !== refusal.write && write.events.includes(event))
          .map(({ table }) => table);
        this.pendingRejects.push({ input, line, reject, table: refusal.write.table, applied });
      } else if (carried.has(event)) this.result.applied += 1;
      else this.result.superseded += 1;
    }
  }

  private async writeRejects(): Promise<void> {
    if (this.pendingRejects.length === 0) return;
    const rejects = this.pendingRejects;
    this.pendingRejects = [];
    await (await this.openedRejects()).append(rejects);
  }

  /** Opened before the first write to a table, so that a place that cannot be written is known while nothing has changed. */
  private async openedRejects(): Promise<RejectFile> {
    this.rejectFile ??= await this.openRejects();
    return this.rejectFile;
  }

  private notALog(): MqdynError {
    const [first] = this.pendingRejects;
    const where = first ? `; ${first.input}:${first.line.number}: ${first.reject.reason} (${first.reject.detail})` : '';
    return new MqdynError('E_NOT_A_LOG', `no valid event in ${this.result.read} records${where}`);
  }
}
