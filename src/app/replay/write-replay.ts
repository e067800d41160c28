import { plural } from '../../domain/count-text.ts';
import { MqdynError } from '../../domain/errors.ts';
import { writtenTables } from '../../domain/hooks/written-tables.ts';
import { pairsOf } from '../../domain/pairs.ts';
import { pause } from '../../dynamo/back-off.ts';
import type { Dynamo } from '../../dynamo/client.ts';
import { Pace } from '../../dynamo/pace.ts';
import { retriedFor } from '../../dynamo/retry.ts';
import type { BackOff } from '../../dynamo/table-queue.ts';
import type { LiveTable } from '../../dynamo/tables.ts';
import { LATE_MS, Writer, type Refusal } from '../../dynamo/writer.ts';
import { claimCheckpoint } from '../../files/checkpoint.ts';
import { isKnown, verifyInput } from '../../files/input.ts';
import { BREAKABLE, withLock } from '../../files/lock.ts';
import { checkTables } from '../tables/check-tables.ts';
import { afterStop } from './after-stop.ts';
import { refuseUnfinished, resume, tableIdentity, type CheckpointFacts, type Resumed } from './checkpoint.ts';
import { addWriterCounts, isAccountedFor, noEvents } from './counts.ts';
import { ReplayInputs, type InputOptions } from './inputs.ts';
import { Ledger } from './ledger.ts';
import type { ReplayOptions } from './options.ts';
import { replaySummary, type ReplayResult } from './result.ts';
import type { Window } from './window.ts';
import { Reading, tooManyRejects, windows } from './windows.ts';
import { explainPreflight, lostTable } from './write-faults.ts';

export type ReplayFilesOptions = ReplayOptions &
  InputOptions & {
    rejects: string;
    concurrency: number;
    retryForMs: number;
    /** Write capacity units a second, at the most. */
    maxWcu: number | undefined;
    /** Undefined where the inputs cannot be read again (stdin). */
    checkpoint: { path: string; breakLock: boolean } | undefined;
    resume: boolean;
    /** Starts over although an earlier run was not finished. */
    restart: boolean;
    verifyInput: boolean;
    preflight: boolean;
    /** Options that change what is written, by the name of their flag. */
    fingerprint: Readonly<Record<string, unknown>>;
    tool: string;
    command: string;
    liveName: (table: string) => string;
    /** Other pauses before a retry than the usual ones. */
    backOff?: BackOff;
    /** So long a call without a clear reply may still be carried out, in milliseconds. */
    lateMs?: number;
    /** So long what was read of a pipe may take to be sent after a stop, in milliseconds. */
    flushMs?: number;
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

/** Replays files in order and survives what may happen meanwhile. Inputs and tables are checked before the first write. */
export class FileReplay {
  private readonly dynamo: Dynamo;
  private readonly options: ReplayFilesOptions;
  private tables: LiveTable[] = [];
  private before: Resumed | undefined;
  private writer: Writer | undefined;
  private ledger: Ledger | undefined;
  private reading: Reading | undefined;
  private source: ReplayInputs | undefined;
  /** Events of the window that is being sent. */
  private sending = 0;
  private unsent = 0;
  /** Ends the calls: with a pipe, not before what is in it was sent. */
  private readonly callSignal: AbortSignal;

  constructor(dynamo: Dynamo, options: ReplayFilesOptions) {
    this.dynamo = dynamo;
    this.options = options;
    const live = options.inputs.some(({ identity }) => identity === undefined);
    this.callSignal = live ? afterStop(options) : options.signal;
  }

  /** Calls whose reply is still to come. */
  get inFlight(): number {
    return this.writer?.inFlight ?? 0;
  }

  /** How far the replay is, for a person who waits: of the window that is being sent, the share that is through counts. */
  get progress(): ReplayProgress {
    const settled = (this.ledger?.counts.read ?? 0) + Math.floor(this.sending * (this.writer?.share ?? 0));
    return {
      read: this.reading?.read ?? 0,
      settled,
      bytes: this.source?.bytesRead ?? 0,
      total: this.source?.bytes,
      requests: this.writer?.counts.requests ?? 0,
      retries: this.writer?.counts.retries ?? 0,
    };
  }

  async run(): Promise<ReplayResult> {
    const { options } = this;
    if (options.preflight) this.tables = await this.checkTables().catch(explainPreflight);
    if (options.verifyInput) for (const input of options.inputs) await verifyInput(input);
    if (options.checkpoint === undefined) return this.guarded();
    const { path, breakLock } = options.checkpoint;
    await claimCheckpoint(path);
    const { command, notice } = options;
    return withLock(path, { command, breakLock, hint: BREAKABLE, notice }, () => this.guarded());
  }

  private async guarded(): Promise<ReplayResult> {
    const { options } = this;
    try {
      return await this.apply();
    } catch (error) {
      if (options.signal.aborted) this.sayStopped(error);
      throw this.withWayOn(error);
    } finally {
      await this.ledger?.close();
    }
  }

  private async apply(): Promise<ReplayResult> {
    const { options } = this;
    await this.prepare();
    const pace = options.maxWcu === undefined ? undefined : new Pace(options.maxWcu);
    const writer = new Writer(this.dynamo, { ...options, pace });
    const ledger = new Ledger({
      facts: options.checkpoint && this.facts(options.checkpoint.path),
      before: this.before,
      rejects: { path: options.rejects, keep: options.checkpoint === undefined },
      writer: () => this.allWrites(writer),
    });
    this.writer = writer;
    this.ledger = ledger;
    this.reading = new Reading(options, this.before?.counts);
    await this.takeWindows(writer, ledger, this.reading);
    options.signal.throwIfAborted();
    const { reconciled } = writer;
    if (reconciled > 0)
      options.notice(`reconciled ${reconciled} ${plural('topic', reconciled)} after calls whose outcome was unknown`);
    await this.refuseReplacedTables();
    if (!isAccountedFor(ledger.counts))
      throw new MqdynError('E_BUG', `the counts do not add up: ${replaySummary(ledger.counts)}`);
    await ledger.finish();
    const { reasons } = ledger;
    const writes = this.allWrites(writer);
    return { ...ledger.counts, writer: writes, reconciled, reasons, checkpoint: options.checkpoint?.path };
  }

  private async prepare(): Promise<void> {
    const { options } = this;
    if (options.checkpoint === undefined) return;
    if (!options.resume) {
      if (!options.restart) await refuseUnfinished(options.checkpoint.path, options.inputs);
      return;
    }
    this.before = await resume(this.facts(options.checkpoint.path));
    options.notice(this.before?.notice ?? 'there is no checkpoint yet; starting from the beginning');
    // a call of the run that stopped may still be carried out, and must not come after one of this run
    if (this.before?.done === false) await pause(options.lateMs ?? LATE_MS, options.signal);
  }

  /** Reads a window, sends it, and so on. What was read of a pipe is not there a second time: it is sent or rejected. */
  private async takeWindows(writer: Writer, ledger: Ledger, reading: Reading): Promise<void> {
    const { options } = this;
    const failed = new AbortController();
    const signal = AbortSignal.any([options.signal, failed.signal]);
    this.source = new ReplayInputs({ ...options, signal }, this.before);
    let failure: { error: unknown } | undefined;
    try {
      for await (const window of windows(this.source, options, reading)) {
        const started = performance.now();
        try {
          if (failure === undefined)
            await this.send(window, writer, ledger, window.input.live ? this.callSignal : options.signal);
          else await this.rejectUnsent(window);
        } catch (error) {
          if (!window.input.live) throw error;
          failure = { error };
          failed.abort(error);
          await this.rejectUnsent(window);
        }
        await ledger.settle(window);
        reading.size.took(performance.now() - started);
        if (failure === undefined && ledger.counts.rejected > options.maxRejects) throw tooManyRejects(options, ledger.groups);
      }
    } catch (error) {
      if (failure === undefined) throw error;
      if (error instanceof MqdynError) options.notice(error.message);
    }
    if (failure !== undefined) throw failure.error;
  }

  private async send(window: Window, writer: Writer, ledger: Ledger, signal: AbortSignal): Promise<void> {
    await ledger.keep(window.newRejects());
    if (window.hasWrites) await ledger.begin();
    this.sending = window.counts.read;
    const refusals = await sendAll(window, writer, signal).finally(() => {
      this.sending = 0;
    });
    await window.settle(refusals);
  }

  /** What could not be sent goes to the reject file, from which it can be replayed. */
  private async rejectUnsent(window: Window): Promise<void> {
    this.unsent += await window.rejectUnsent('the run ended before it was sent');
  }

  private checkTables(): Promise<LiveTable[]> {
    const { liveName, rules, topic } = this.options;
    return checkTables(this.dynamo, writtenTables(rules, topic), { liveName, signal: this.callSignal });
  }

  /** A table that was dropped and made anew meanwhile lost what came before. */
  private async refuseReplacedTables(): Promise<void> {
    if (!this.options.preflight) return;
    const now = await retriedFor(this.options.retryForMs, () => this.checkTables(), this.options.signal);
    const [replaced] = pairsOf(now, this.tables).find(([is, was]) => tableIdentity(is).id !== tableIdentity(was).id) ?? [];
    if (replaced) throw lostTable(`${replaced.TableName} changed identity during the run (recreated?)`);
  }

  private allWrites({ counts }: Writer) {
    return this.before === undefined ? counts : addWriterCounts(this.before.writer, counts);
  }

  private facts(path: string): CheckpointFacts {
    const { tool, inputs, fingerprint: options } = this.options;
    const { label } = this.dynamo.options;
    return { path, tool, inputs: inputs.filter(isKnown), label, tables: this.tables, options };
  }

  private sayStopped(error: unknown): void {
    const { notice, signal } = this.options;
    // what stopped the run is known; anything else that came to light on the way is not
    if (error instanceof MqdynError && error !== signal.reason) notice(error.message);
    notice(`stopped; ${this.standing()}${this.canResume() ? '; continue with --resume' : ''}${this.whereUnsent()}`);
  }

  /** Says, with any fault that stops a run, how far it is and how to go on. */
  private withWayOn(thrown: unknown): unknown {
    if (this.ledger === undefined || this.options.signal.aborted) return thrown;
    const error = this.inWords(thrown);
    const detail = [...error.detail, this.standing()];
    const resumable = [5, 6, 8, 70].includes(error.exit) && this.canResume();
    const wayOn = resumable ? ' Nothing is lost: run the same command with --resume.' : this.whereUnsent();
    return new MqdynError(error.code, error.message, { detail, hint: error.hint + wayOn, exit: error.exit, cause: error });
  }

  private whereUnsent(): string {
    return this.unsent === 0 ? '' : ` What was not sent is in ${this.options.rejects}: replay that file.`;
  }

  private inWords(thrown: unknown): MqdynError {
    if (!(thrown instanceof MqdynError)) return new MqdynError('E_BUG', String(thrown), { cause: thrown });
    // it was there when the run began
    const isLost = thrown.code === 'E_NO_TABLE' && this.tables.length > 0;
    return isLost ? lostTable(`${thrown.message}: it was dropped during the run`, thrown) : thrown;
  }

  /** What is settled, what was read beyond that, and where the checkpoint stands. */
  private standing(): string {
    const counts = this.ledger?.counts ?? noEvents();
    const unsettled = Math.max(0, (this.reading?.read ?? 0) - counts.read);
    const at = this.ledger?.position;
    const where = at ? `; checkpoint at byte ${at.offset} of ${this.options.inputs[at.input]?.name}` : '';
    return `${replaySummary(counts, unsettled)}${where}`;
  }

  private canResume(): boolean {
    return this.options.checkpoint !== undefined;
  }
}

/** In a function that ends at once, so that nothing here keeps the writes while they are sent. */
function sendAll(window: Window, writer: Writer, signal: AbortSignal): Promise<Refusal[]> {
  return writer.send(window.takeWrites(), signal);
}
