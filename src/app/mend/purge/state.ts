import { resolve } from 'node:path';
import { MqdynError } from '../../../domain/errors.ts';
import type { Asked, PurgeKind, Selection } from '../../../domain/purge/selection.ts';
import type { LiveTable } from '../../../dynamo/tables.ts';
import { loadPurgeCheckpoint, type PurgeCheckpoint } from '../../../files/purge-checkpoint.ts';
import { requireJournal } from '../../../files/journal-tail.ts';
import { tableIdentity } from '../../replay/checkpoint.ts';

export type PurgeFacts = {
  path: string;
  tool: string;
  label: string;
  tables: readonly LiveTable[];
  selection: Selection;
  startedAt: number;
};

/** What --journal names, and the file of a run that names none. */
export type JournalChoice = { named: string | undefined; byDefault: string };

/** Where a purge begins that goes on from no other. */
export function newState(
  { tool, label, tables, selection, startedAt }: PurgeFacts,
  { named, byDefault }: JournalChoice,
): PurgeCheckpoint {
  return {
    tool,
    target: { label, tables: tables.map(tableIdentity) },
    selection: askedOf(selection),
    startedAt,
    phase: 'listed',
    after: null,
    journal: { path: resolve(named ?? byDefault), size: 0, settled: 0, done: 0 },
    counts: {},
    units: 0,
  };
}

/** A purge that starts over must not do away with where another one is. */
export async function refuseUnfinished(path: string): Promise<void> {
  const state = await loadPurgeCheckpoint(path);
  if (state === undefined) return;
  throw new MqdynError('E_UNFINISHED', `an earlier purge of ${inWords(state.selection)} stopped before its end (${path})`);
}

/** Where the purge before stopped, once it is clear that this one is the same; undefined where there is none. */
export async function stateBefore(facts: PurgeFacts, { named }: JournalChoice): Promise<PurgeCheckpoint | undefined> {
  const { path } = facts;
  const state = await loadPurgeCheckpoint(path);
  if (state === undefined) return undefined;
  const mismatch = (what: string) => new MqdynError('E_MISMATCH', `the checkpoint ${path} is for ${what}`);
  if (state.target.label !== facts.label) throw mismatch(`${state.target.label}, this run is on ${facts.label}`);
  const [theirs, ours] = [state.selection, askedOf(facts.selection)];
  if (JSON.stringify(theirs) !== JSON.stringify(ours)) throw mismatch(`${inWords(theirs)}, this run is for ${inWords(ours)}`);
  for (const table of facts.tables) {
    const is = tableIdentity(table);
    const was = state.target.tables.find(({ name }) => name === is.name);
    if (was === undefined) throw mismatch(`another table than ${is.name}`);
    if (was.key !== is.key || was.id !== is.id) throw mismatch(`another table of the name ${is.name} (recreated?)`);
  }
  if (named !== undefined && resolve(named) !== state.journal.path) {
    throw mismatch(`the journal ${state.journal.path}, this run names ${named}`);
  }
  await requireJournal(state.journal.path, state.journal.size);
  return state;
}

/** The same members in the same order, so that two of them are the same text. */
function askedOf({ kind, topic, client, olderThanMs, offline, everything }: Selection): Asked & { kind: PurgeKind } {
  return {
    kind,
    ...(topic === undefined ? {} : { topic }),
    ...(client === undefined ? {} : { client }),
    ...(olderThanMs === undefined ? {} : { olderThanMs }),
    offline,
    everything,
  };
}

function inWords({ kind, topic, client, olderThanMs, offline, everything }: Asked & { kind: PurgeKind }): string {
  const flags = [
    ...(topic === undefined ? [] : [`--topic ${topic}`]),
    ...(client === undefined ? [] : [`--client ${client}`]),
    ...(olderThanMs === undefined ? [] : [`--older-than ${olderThanMs / 1_000}s`]),
    ...(offline ? ['--offline'] : []),
    ...(everything ? ['--everything'] : []),
  ];
  return [kind, ...flags].join(' ');
}
