import { setMaxListeners } from 'node:events';
import { relative } from 'node:path';
import { MqdynError } from '../../../domain/errors.ts';
import type { CountsByTable } from '../../../domain/purge/counts.ts';
import { PURGED_TABLES, type Selection } from '../../../domain/purge/selection.ts';
import { pause } from '../../../dynamo/back-off.ts';
import type { Dynamo } from '../../../dynamo/client.ts';
import { Pace } from '../../../dynamo/pace.ts';
import type { BackOff } from '../../../dynamo/table-queue.ts';
import type { LiveTable } from '../../../dynamo/tables.ts';
import { LATE_MS, Writer } from '../../../dynamo/writer.ts';
import { Journal } from '../../../files/journal.ts';
import { withLock } from '../../../files/lock.ts';
import { claimPurgeCheckpoint, removePurgeCheckpoint } from '../../../files/purge-checkpoint.ts';
import { afterStop } from '../../replay/after-stop.ts';
import { checkTables } from '../../tables/check-tables.ts';
import type { Run } from './deletes.ts';
import { Ledger } from './ledger.ts';
import { finishJournal, purgeListed, purgeUnlisted } from './messages.ts';
import type { Sizes } from './reads.ts';
import { purgeItems } from './items.ts';
import { newState, refuseUnfinished, stateBefore, type JournalChoice, type PurgeFacts } from './state.ts';

export type PurgeOptions = {
  selection: Selection;
  /** Unix milliseconds. */
  now: number;
  liveName: (table: string) => string;
  journal: JournalChoice;
  checkpoint: string;
  resume: boolean;
  /** Starts over although an earlier purge was not finished. */
  restart: boolean;
  /** Write capacity units a second, at the most. */
  maxWcu: number | undefined;
  /** Ends in order after so long, in milliseconds. */
  runTimeMs: number | undefined;
  tool: string;
  command: string;
  signal: AbortSignal;
  notice: (sentence: string) => void;
  progress: (text: string) => void;
  retryForMs?: number;
  backOff?: BackOff;
  /** So long a call of a run that was ended may still be carried out, in milliseconds. */
  lateMs?: number;
  sizes?: Sizes;
};

/** What became of a purge. `journal` is undefined where nothing went away, `finished` false where it is to be gone on with. */
export type PurgeResult = { counts: CountsByTable; units: number; journal: string | undefined; finished: boolean };

const RETRY_FOR_MS = 120_000;

/**
 * Few items are a page, so that none of them is old when its turn comes. A topic with more ids than a group goes alone. Messages
 * wait in memory for no more than so many bytes before they go to the journal.
 */
const SIZES: Sizes = { page: 100, group: 1_000, step: 500, partBytes: 8 << 20 };

/** Why a run ends that was given so much time. */
class TimeIsOver extends Error {}

/** Takes away what is selected. Whatever stops it, the same command with `resume` leads to the same end. */
export async function purge(dynamo: Dynamo, options: PurgeOptions): Promise<PurgeResult> {
  const { checkpoint, command, notice } = options;
  const tables = await checkTables(dynamo, PURGED_TABLES[options.selection.kind], options);
  await claimPurgeCheckpoint(checkpoint);
  const hint = 'Wait until it has finished.';
  return withLock(checkpoint, { command, hint, notice }, () => locked(dynamo, options, tables));
}

async function locked(dynamo: Dynamo, options: PurgeOptions, tables: readonly LiveTable[]): Promise<PurgeResult> {
  const { selection, checkpoint: path, tool, command, notice } = options;
  const { label } = dynamo.options;
  const facts: PurgeFacts = { path, tool, label, tables, selection, startedAt: options.now };
  if (!options.resume && !options.restart) await refuseUnfinished(path);
  const before = options.resume ? await stateBefore(facts, options.journal) : undefined;
  if (options.resume) notice(before === undefined ? 'there is no checkpoint yet; starting from the beginning' : 'resuming');
  const state = before ?? newState(facts, options.journal);
  const at = new Date(options.now).toISOString();
  const journal = await Journal.open(state.journal.path, { command, target: label, at });
  if (before === undefined) state.journal.settled = journal.size;
  const begun = journal.size;
  const ledger = new Ledger(path, journal, state);
  const { signal, forget } = withDeadline(options);
  const cutoff = selection.olderThanMs === undefined ? undefined : state.startedAt - selection.olderThanMs;
  const run = runOf(dynamo, { ...options, selection: { ...selection, cutoff }, signal }, ledger);
  try {
    await ledger.save();
    // a call of the run that was ended may still be carried out, and must not come after one of this run
    if (before !== undefined) await pause(options.lateMs ?? LATE_MS, signal);
    await carryOut(run, before !== undefined);
    await removePurgeCheckpoint(path);
    return resultOf(ledger, journal, true);
  } catch (error) {
    const untouched = before === undefined && state.after === null && state.phase === 'listed' && journal.size === begun;
    if (untouched) await removePurgeCheckpoint(path);
    // what was done since the last step counts, too
    else await ledger.save().catch(() => undefined);
    if (error instanceof TimeIsOver) return resultOf(ledger, journal, false);
    throw untouched ? error : withWayOn(error, options);
  } finally {
    forget();
    await journal.close();
  }
}

async function carryOut(run: Run, resumed: boolean): Promise<void> {
  if (run.selection.kind !== 'messages') return purgeItems(run);
  if (resumed) await finishJournal(run);
  if (run.ledger.state.phase === 'listed') await purgeListed(run);
  await purgeUnlisted(run);
}

function runOf(dynamo: Dynamo, options: PurgeOptions, ledger: Ledger): Run {
  const { maxWcu, selection, liveName, signal, notice, progress, retryForMs = RETRY_FOR_MS, sizes = SIZES } = options;
  const pace = maxWcu === undefined ? undefined : new Pace(maxWcu);
  const writer = new Writer(dynamo, { ...options, concurrency: 8, retryForMs, pace });
  const calls = afterStop({ signal });
  // every call in flight listens to both
  setMaxListeners(0, signal, calls);
  return { dynamo, selection, liveName, signal, notice, progress, retryForMs, sizes, pace, writer, ledger, calls };
}

function resultOf({ state }: Ledger, journal: Journal, finished: boolean): PurgeResult {
  const { counts, units } = state;
  return { counts, units, journal: journal.size === 0 ? undefined : shown(state.journal.path), finished };
}

/** A path below the working folder as people would type it. */
function shown(path: string): string {
  const below = relative(process.cwd(), path);
  return below.startsWith('..') ? path : below;
}

/** A signal that is aborted with the other one, or when the time is over. */
function withDeadline({ signal, runTimeMs }: PurgeOptions): { signal: AbortSignal; forget: () => void } {
  const own = new AbortController();
  const stop = () => own.abort(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  const timer = runTimeMs === undefined ? undefined : setTimeout(() => own.abort(new TimeIsOver('the time is over')), runTimeMs);
  return {
    signal: own.signal,
    forget: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    },
  };
}

/** Says how to go on, with any fault that stops a run or with the stop itself. */
function withWayOn(error: unknown, { signal, notice }: PurgeOptions): unknown {
  if (signal.aborted) {
    notice('stopped; continue with --resume');
    return error;
  }
  if (!(error instanceof MqdynError) || ![5, 6, 8].includes(error.exit)) return error;
  const hint = `${error.hint} What was begun is in the journal: run the same command with --resume.`;
  return new MqdynError(error.code, error.message, { detail: error.detail, hint, exit: error.exit, cause: error });
}
