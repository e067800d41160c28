import { MqdynError } from '../domain/errors.ts';
import type { Write } from '../domain/hooks/write.ts';
import type { TableName } from '../domain/records/tables.ts';
import type { Dynamo } from '../dynamo/client.ts';
import type { BackOff } from '../dynamo/lane.ts';
import { Pace } from '../dynamo/pace.ts';
import type { LiveTable } from '../dynamo/tables.ts';
import { retriedFor } from '../dynamo/retry.ts';
import { Writer, type Refusal } from '../dynamo/writer.ts';
import { claimCheckpoint, removeCheckpoint } from '../files/checkpoint.ts';
import { verifyInput } from '../files/input.ts';
import { acquireLock } from '../files/lock.ts';
import { RejectFile, type RejectedLine } from '../files/rejects.ts';
import { checkTables } from './check-tables.ts';
import { resume, saveProgress, tableIdentity, type CheckpointFacts, type Resumed } from './replay-checkpoint.ts';
import { addWriterCounts, isAccountedFor, noEvents, type EventCounts } from './replay-counts.ts';
import { Replay, type ReplayOptions, type WindowSink } from './replay-events.ts';
import { ReplayInputs, type InputOptions } from './replay-inputs.ts';
import { replaySummary, type ReplayResult } from './replay-result.ts';
import type { Watermark } from './replay-window.ts';

export type ReplayFilesOptions = ReplayOptions &
  InputOptions & {
    rejects: string;
    concurrency: number;
    retryForMs: number;
    /** Write capacity units a second, at the most. */
    maxWcu: number | undefined;
    /** Undefined where the inputs cannot be read again (stdin). */
    checkpoint: { path: string; keep: boolean; breakLock: boolean } | undefined;
    resume: boolean;
    verifyInput: boolean;
    preflight: boolean;
    /** Options that change what is written, by the name of their flag. */
    meaning: Readonly<Record<string, unknown>>;
    tool: string;
    command: string;
    liveName: (table: string) => string;
    /** Other pauses before a repeated call than the usual ones. */
    backOff?: BackOff;
    /** So long a call without a clear reply may still be carried out, in milliseconds. */
    lateMs?: number;
  };

/** Events and bytes so far; `total` is undefined where the end is not known. */
export type ReplayProgress = {
  read: number;
  settled: number;
  bytes: number;
  total: number | undefined;
  requests: number;
  retries: number;
};

/** Tables that a replay writes; mqtt_sub is the operator's. */
export const WRITTEN: readonly TableName[] = ['mqtt_client', 'mqtt_msg', 'mqtt_topic_msg_map', 'mqtt_retain', 'mqtt_acked'];

/** Who may write but not look can do without the look. */
function withoutLook(error: unknown): never {
  if (!(error instanceof MqdynError) || error.code !== 'E_DENIED') throw error;
  const hint = 'Ask for the permission, or --no-preflight: nobody looks then whether the tables are there and stay the same.';
  throw new MqdynError(error.code, error.message, { hint, cause: error });
}

function lostTable(what: string, cause?: unknown): MqdynError {
  return new MqdynError('E_MISMATCH', what, { hint: 'What was written before is lost: start over without --resume.', cause });
}

const BEGINNING: Watermark = { input: 0, offset: 0, number: 1, framing: 'lines' };

/** Replays files in order and survives what may happen meanwhile. Inputs and tables are checked before the first write. */
export class FileReplay {
  private readonly dynamo: Dynamo;
  private readonly options: ReplayFilesOptions;
  private tables: LiveTable[] = [];
  private before: Resumed | undefined;
  private writer: Writer | undefined;
  private replay: Replay | undefined;
  private rejectFile: RejectFile | undefined;
  private source: ReplayInputs | undefined;
  private settledAt: Watermark | undefined;
  private saved: { watermark: Watermark; counts: EventCounts; rejects: number } | undefined;
  private reconciled = 0;

  constructor(dynamo: Dynamo, options: ReplayFilesOptions) {
    this.dynamo = dynamo;
    this.options = options;
  }

  /** Calls whose reply is still to come. */
  get inFlight(): number {
    return this.writer?.inFlight ?? 0;
  }

  /** How far the replay is, for a person who waits. */
  get progress(): ReplayProgress {
    return {
      read: this.replay?.read ?? 0,
      settled: this.replay?.counts.read ?? 0,
      bytes: this.source?.bytesRead ?? 0,
      total: this.source?.bytes,
      requests: this.writer?.counts.requests ?? 0,
      retries: this.writer?.counts.retries ?? 0,
    };
  }

  async run(): Promise<ReplayResult> {
    const { options } = this;
    if (options.preflight) this.tables = await checkTables(this.dynamo, WRITTEN, options).catch(withoutLook);
    if (options.verifyInput) for (const input of options.inputs) await verifyInput(input);
    if (options.checkpoint === undefined) return this.guarded();
    const { path, breakLock } = options.checkpoint;
    await claimCheckpoint(path);
    const lock = await acquireLock({
      path: `${path}.lock`,
      what: path,
      command: options.command,
      waitMs: 0,
      breakLock,
      hint: 'Wait until it is done, or --break-lock.',
      notice: options.notice,
    });
    try {
      return await this.guarded();
    } finally {
      await lock.release();
    }
  }

  private async guarded(): Promise<ReplayResult> {
    try {
      return await this.apply();
    } catch (error) {
      await this.keepUnreconciled().catch(() => undefined);
      if (this.options.signal.aborted)
        this.options.notice(`stopped; ${this.standing()}${this.canResume() ? '; go on with --resume' : ''}`);
      throw this.withWayOn(error);
    } finally {
      await this.rejectFile?.close();
    }
  }

  private async apply(): Promise<ReplayResult> {
    const { options } = this;
    if (options.resume) {
      this.before = await resume(this.facts());
      const at = this.before?.watermark;
      options.notice(
        at ? `resuming at byte ${at.offset} (line ${at.number})` : 'there is no checkpoint yet: starting at the beginning',
      );
    }
    this.writer = new Writer(this.dynamo, {
      ...options,
      pace: options.maxWcu === undefined ? undefined : new Pace(options.maxWcu),
      unreconciled: this.before?.checkpoint.unreconciled ?? [],
    });
    this.replay = new Replay(options, this.sink(this.writer), this.before);
    this.source = new ReplayInputs(options, this.before);
    await this.replay.run(this.source.open());
    await this.finish(this.writer, this.replay.counts);
    return this.result();
  }

  private sink(writer: Writer): WindowSink {
    return {
      send: async (writes: readonly Write[]): Promise<Refusal[]> => {
        if (writes.length > 0) await this.beforeWrites();
        return writer.send(writes, this.options.signal);
      },
      keepRejects: async (rejects: readonly RejectedLine[]) => {
        if (rejects.length > 0) await (await this.openRejects()).append(rejects);
      },
      settled: async (watermark, counts) => {
        this.settledAt = watermark;
        await this.save(watermark, counts, false);
      },
    };
  }

  /** A reject file or a checkpoint that cannot be written is to be known while nothing has changed. */
  private async beforeWrites(): Promise<void> {
    await this.openRejects();
    if (this.before === undefined && this.saved === undefined) await this.save(BEGINNING, noEvents(), false, 0);
  }

  private async openRejects(): Promise<RejectFile> {
    this.rejectFile ??= await RejectFile.open(this.options.rejects, this.before?.checkpoint.rejects.length ?? 0);
    return this.rejectFile;
  }

  private async finish(writer: Writer, counts: EventCounts): Promise<void> {
    const { options } = this;
    this.reconciled = await writer.reconcile(options.signal);
    if (this.reconciled > 0)
      options.notice(`reconciled ${this.reconciled} key${this.reconciled === 1 ? '' : 's'} after calls without a clear reply`);
    await this.refuseReplacedTables();
    if (!isAccountedFor(counts)) throw new MqdynError('E_BUG', `the counts do not add up: ${replaySummary(counts)}`);
    if (options.checkpoint === undefined) return;
    if (options.checkpoint.keep) await this.save(this.settledAt ?? this.before?.watermark, counts, true);
    else await removeCheckpoint(options.checkpoint.path);
  }

  /** A table that was dropped and made anew meanwhile lost what came before. */
  private async refuseReplacedTables(): Promise<void> {
    if (!this.options.preflight) return;
    const now = await retriedFor(this.options.retryForMs, () => checkTables(this.dynamo, WRITTEN, this.options));
    for (const [index, table] of now.entries()) {
      if (tableIdentity(table).id === tableIdentity(this.tables[index]!).id) continue;
      throw lostTable(`${table.TableName} changed identity during the run (created anew?)`);
    }
  }

  private async save(
    watermark: Watermark | undefined,
    counts: EventCounts,
    done: boolean,
    length = this.rejectFile?.length ?? this.before?.checkpoint.rejects.length ?? 0,
  ): Promise<void> {
    if (this.options.checkpoint === undefined || watermark === undefined) return;
    const { writer } = this;
    const state = {
      watermark,
      counts,
      before: this.before?.writer,
      writer: writer!,
      rejects: { path: this.options.rejects, length },
      done,
    };
    await saveProgress(this.facts(), state);
    // counts go on changing; what was saved does not
    this.saved = { watermark, counts: structuredClone(counts), rejects: length };
  }

  /** Calls of a run that stops may still be carried out late: the run that goes on has to know their keys. */
  private async keepUnreconciled(): Promise<void> {
    if (this.saved === undefined || this.writer!.unreconciled.length === 0) return;
    await this.save(this.saved.watermark, this.saved.counts, false, this.saved.rejects);
  }

  private facts(): CheckpointFacts {
    const { checkpoint, tool, inputs, meaning } = this.options;
    return { path: checkpoint!.path, tool, inputs, place: this.dynamo.options.place, tables: this.tables, options: meaning };
  }

  private result(): ReplayResult {
    const { checkpoint } = this.options;
    const none = { requests: 0, retries: 0, units: 0, tables: {} };
    const writer = addWriterCounts(this.before?.writer ?? none, this.writer!.counts);
    return {
      ...this.replay!.counts,
      writer,
      reconciled: this.reconciled,
      checkpoint: checkpoint?.keep ? checkpoint.path : undefined,
    };
  }

  /** Says, with any fault that stops a run, how far it is and how to go on. */
  private withWayOn(thrown: unknown): unknown {
    if (this.replay === undefined || this.options.signal.aborted) return thrown;
    const error = this.inWords(thrown);
    const detail = [...error.detail, this.standing()];
    const resumable = [5, 6, 8, 70].includes(error.exit) && this.canResume();
    const hint = resumable ? `${error.hint} Nothing is lost: run the same command with --resume.` : error.hint;
    return new MqdynError(error.code, error.message, { detail, hint, exit: error.exit, cause: error });
  }

  private inWords(thrown: unknown): MqdynError {
    if (!(thrown instanceof MqdynError)) return new MqdynError('E_BUG', String(thrown), { cause: thrown });
    // it was there when the run began
    const isLost = thrown.code === 'E_NO_TABLE' && this.tables.length > 0;
    return isLost ? lostTable(`${thrown.message} any more: dropped during the run`, thrown) : thrown;
  }

  /** What is settled, and where the checkpoint stands. */
  private standing(): string {
    const at = this.settledAt ?? this.before?.watermark;
    const where = at && this.canResume() ? `; checkpoint at byte ${at.offset} of ${this.options.inputs[at.input]!.name}` : '';
    return `${replaySummary(this.replay?.counts ?? noEvents())}${where}`;
  }

  private canResume(): boolean {
    return this.options.checkpoint !== undefined;
  }
}
