import { plural } from '../../../domain/count-text.ts';
import { MqdynError } from '../../../domain/errors.ts';
import { isAccountedFor, noCounts, type TableCounts } from '../../../domain/import/counts.ts';
import { pairsOf } from '../../../domain/pairs.ts';
import { pause } from '../../../dynamo/back-off.ts';
import type { Dynamo } from '../../../dynamo/client.ts';
import { Pace } from '../../../dynamo/pace.ts';
import { retriedFor } from '../../../dynamo/retry.ts';
import type { BackOff } from '../../../dynamo/table-queue.ts';
import { describeTable, type LiveTable } from '../../../dynamo/tables.ts';
import { LATE_MS, Writer, type Refusal, type WriterCounts } from '../../../dynamo/writer.ts';
import { claimImportCheckpoint } from '../../../files/import-checkpoint.ts';
import { BREAKABLE, withLock } from '../../../files/lock.ts';
import { tableIdentity } from '../../replay/checkpoint.ts';
import { addWriterCounts } from '../../replay/counts.ts';
import { replaySummary } from '../../replay/result.ts';
import { lostTable } from '../../replay/write-faults.ts';
import { ImportLedger, type CheckpointFacts, type Resumed } from './ledger.ts';
import { refuseUnfinished, resumed, resumeNotice } from './resume.ts';
import type { ImportSource } from './source.ts';
import { createMissing, findTargets, refuseFilled, refuseMissing, type Target, type TargetOptions } from './targets.ts';
import type { ImportWindow, WindowBounds } from './window.ts';
import { windows } from './windows.ts';

export type ImportOptions = TargetOptions & {
  source: ImportSource;
  /** Adds to tables that hold items, and replaces those that have the same keys. */
  merge: boolean;
  create: boolean;
  concurrency: number;
  /** Write capacity units a second, at the most. */
  maxWcu: number | undefined;
  /** Undefined where the source cannot be read in a later run. */
  checkpoint: { path: string; breakLock: boolean } | undefined;
  resume: boolean;
  /** Starts over although an earlier run was not finished. */
  restart: boolean;
  rejects: string;
  maxRejects: number;
  tool: string;
  command: string;
  progress: (what: 'verifying' | 'importing', table: string, items: number) => void;
  window?: WindowBounds;
  backOff?: BackOff;
  /** So long a call without a clear reply may still be carried out, in milliseconds. */
  lateMs?: number;
};

export type ImportResult = { tables: TableCounts[]; writer: WriterCounts; checkpoint: string | undefined };

/** Stores what a source holds in tables. Source and tables are checked before the first write, and nothing is left out unseen. */
export async function importTables(dynamo: Dynamo, options: ImportOptions): Promise<ImportResult> {
  const targets = await findTargets(dynamo, options.source.tables, options);
  await refuseMissing(dynamo, targets, options);
  const run = new Import(dynamo, options, targets);
  if (options.checkpoint === undefined) return run.run();
  const { path, breakLock } = options.checkpoint;
  await claimImportCheckpoint(path);
  const { command, notice } = options;
  return withLock(path, { command, breakLock, hint: BREAKABLE, notice }, () => run.run());
}

class Import {
  private readonly dynamo: Dynamo;
  private readonly options: ImportOptions;
  private readonly targets: readonly Target[];
  private ledger: ImportLedger | undefined;

  constructor(dynamo: Dynamo, options: ImportOptions, targets: readonly Target[]) {
    this.dynamo = dynamo;
    this.options = options;
    this.targets = targets;
  }

  async run(): Promise<ImportResult> {
    const { options } = this;
    try {
      return await this.store();
    } catch (error) {
      if (options.signal.aborted) this.sayStopped(error);
      throw this.withWayOn(error);
    } finally {
      await this.ledger?.close();
    }
  }

  private async store(): Promise<ImportResult> {
    const { dynamo, options, targets } = this;
    const { source, signal } = options;
    const keys = new Map(targets.map(({ table, keys: parts }) => [table, parts]));
    const before = await this.before();
    if (before === undefined && !options.merge) await refuseFilled(dynamo, targets, options);
    await source.verify({ keys, signal, progress: (table, items) => options.progress('verifying', table, items) });
    const tables = await createMissing(dynamo, targets, options);
    // a call of the run that stopped may still be carried out, and must not come after one of this run
    if (before?.done === false) await pause(options.lateMs ?? LATE_MS, signal);

    const pace = options.maxWcu === undefined ? undefined : new Pace(options.maxWcu);
    const writer = new Writer<string>(dynamo, { ...options, pace });
    const counts = () => (before === undefined ? writer.counts : addWriterCounts(before.writer, writer.counts));
    const { checkpoint, rejects } = options;
    const ledger = new ImportLedger({
      checkpoint: checkpoint && { path: checkpoint.path, facts: this.facts(tables) },
      before,
      rejects,
      parts: source.parts.map(({ name }) => name),
      writer: counts,
    });
    this.ledger = ledger;
    for await (const window of windows(source, ledger.place, { keys, merge: options.merge, bounds: options.window, signal })) {
      await this.send(window, writer, ledger);
    }
    signal.throwIfAborted();
    const { reconciled } = writer;
    if (reconciled > 0)
      options.notice(`reconciled ${reconciled} ${plural('topic', reconciled)} after calls whose outcome was unknown`);
    await this.refuseReplaced(tables);
    if (!isAccountedFor(ledger.total)) throw new MqdynError('E_BUG', `the counts do not add up: ${this.standing()}`);
    await ledger.finish();
    return { tables: ledger.tables, writer: counts(), checkpoint: checkpoint?.path };
  }

  private async send(window: ImportWindow, writer: Writer<string>, ledger: ImportLedger): Promise<void> {
    const { signal, maxRejects, progress } = this.options;
    if (window.isEmpty) return;
    signal.throwIfAborted();
    await ledger.begin();
    const refusals: Refusal<string>[] = [];
    for (const writes of window.takeWrites()) refusals.push(...(await writer.send(writes, signal)));
    await ledger.settle(window, window.settle(refusals));
    const { read, rejected } = ledger.total;
    progress('importing', window.lastTable, read);
    if (rejected <= maxRejects) return;
    const were = maxRejects === 1 ? 'item was' : 'items were';
    throw new MqdynError('E_TOO_MANY_REJECTS', `more than ${maxRejects} ${were} rejected`, {
      detail: refusals.slice(0, 1).map(({ detail }) => `for instance: ${detail}`),
      hint: `The reasons are in ${this.options.rejects}. Raise --max-rejects.`,
    });
  }

  /** What an earlier run has done that this one goes on with. */
  private async before(): Promise<Resumed | undefined> {
    const { checkpoint, resume, restart, notice } = this.options;
    if (checkpoint === undefined) return undefined;
    const facts = this.facts(this.targets.flatMap(({ have }) => have ?? []));
    if (!resume) {
      if (!restart) await refuseUnfinished(checkpoint.path, facts);
      return undefined;
    }
    const before = await resumed(checkpoint.path, facts);
    notice(resumeNotice(before));
    return before;
  }

  private facts(tables: readonly LiveTable[]): CheckpointFacts {
    const { source, tool, merge, rejects } = this.options;
    return {
      tool,
      source: { name: source.name, digest: source.digest ?? '' },
      target: { label: this.dynamo.options.label, tables: tables.map(tableIdentity) },
      options: { tables: source.tables.map(({ table }) => table), '--merge': merge },
      rejects,
    };
  }

  /** A table that was dropped and made anew meanwhile lost what came before. */
  private async refuseReplaced(tables: readonly LiveTable[]): Promise<void> {
    const { retryForMs, signal } = this.options;
    const look = () => Promise.all(tables.map(({ TableName }) => describeTable(this.dynamo, TableName, signal)));
    for (const [is, was] of pairsOf(await retriedFor(retryForMs, look, signal), tables)) {
      if (is === undefined) throw lostTable(`${was.TableName} was dropped during the run`);
      if (tableIdentity(is).id !== tableIdentity(was).id)
        throw lostTable(`${was.TableName} changed identity during the run (recreated?)`);
    }
  }

  private sayStopped(error: unknown): void {
    const { notice, signal, checkpoint } = this.options;
    // what stopped the run is known; anything else that came to light on the way is not
    if (error instanceof MqdynError && error !== signal.reason) notice(error.message);
    if (this.ledger === undefined) return notice('stopped before the first write');
    notice(
      `stopped; ${this.standing()}; ${checkpoint === undefined ? 'import it again with --merge' : 'continue with --resume'}`,
    );
  }

  /** Says, with any fault that stops a run, how far it is and how to go on. */
  private withWayOn(thrown: unknown): unknown {
    if (this.ledger === undefined || this.options.signal.aborted) return thrown;
    const error = thrown instanceof MqdynError ? thrown : new MqdynError('E_BUG', String(thrown), { cause: thrown });
    if (error.code === 'E_NO_TABLE') return lostTable(`${error.message}: it was dropped during the run`, error);
    const again =
      this.options.checkpoint === undefined
        ? 'Import it again with --merge.'
        : 'Nothing is lost: run the same command with --resume.';
    const hint = [5, 6, 8, 70].includes(error.exit) ? `${error.hint} ${again}` : error.hint;
    return new MqdynError(error.code, error.message, {
      detail: [...error.detail, this.standing()],
      hint,
      exit: error.exit,
      cause: error,
    });
  }

  private standing(): string {
    return replaySummary(this.ledger?.total ?? noCounts(''));
  }
}
