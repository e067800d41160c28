import { MqdynError } from '../../domain/errors.ts';
import type { TableDefinition } from '../../domain/schema/definition.ts';
import { factsOf, type Facts } from '../../domain/schema/facts.ts';
import { liveDefinition, type LiveSettings, type LiveTable } from '../../domain/schema/live.ts';
import type { Dynamo } from '../../dynamo/client.ts';
import { readSettings, type SettingsWanted } from '../../dynamo/table-settings.ts';
import { describeTable } from '../../dynamo/tables.ts';

/** A wanted table beside the live one. `want` goes by the live name; `have` is complete, or undefined where there is no table. */
export type Pair = { want: TableDefinition; live: LiveTable | undefined; have: TableDefinition | undefined };

/** States that only their owner can end. Source: DynamoDB API reference, TableDescription. */
const LOCKED = new Set(['ARCHIVING', 'ARCHIVED', 'INACCESSIBLE_ENCRYPTION_CREDENTIALS']);

/** Reads the live side of definitions: what the definitions name, and no more. */
export async function readPairs(
  dynamo: Dynamo,
  definitions: readonly TableDefinition[],
  { liveName, signal }: { liveName: (table: string) => string; signal: AbortSignal },
): Promise<Pair[]> {
  return Promise.all(
    definitions.map(async (definition) => {
      const want = { ...definition, TableName: liveName(definition.TableName) };
      const live = await describeTable(dynamo, want.TableName, signal);
      if (live === undefined || live.TableStatus === 'DELETING') return { want, live, have: undefined };
      const settings = await readSettings(dynamo, live, settingsNamedBy(want), signal);
      return { want, live, have: liveDefinition(live, withDefaults(settings, want)) };
    }),
  );
}

function settingsNamedBy(want: TableDefinition): SettingsWanted {
  return {
    timeToLive: want.TimeToLiveSpecification !== undefined,
    recovery: want.PointInTimeRecoverySpecification !== undefined,
    tags: want.Tags !== undefined,
  };
}

/** What an engine does not know is off there. */
function withDefaults(settings: LiveSettings, want: TableDefinition): LiveSettings {
  const named = settingsNamedBy(want);
  return {
    ...(named.timeToLive ? { timeToLive: { TimeToLiveStatus: 'DISABLED' } } : {}),
    ...(named.recovery ? { recovery: { PointInTimeRecoveryStatus: 'DISABLED' } } : {}),
    ...(named.tags ? { tags: [] } : {}),
    ...settings,
  };
}

/** The facts of a live table under the paths of a change, read anew. Null when the table is gone. */
export async function readFacts(dynamo: Dynamo, name: string, paths: readonly string[], signal?: AbortSignal) {
  const live = await describeTable(dynamo, name, signal);
  if (live === undefined) return undefined;
  const names = (member: string) => paths.some((path) => path.startsWith(member));
  const wanted = {
    timeToLive: names('TimeToLiveSpecification'),
    recovery: names('PointInTimeRecoverySpecification'),
    tags: names('Tags.'),
  };
  const settings = await readSettings(dynamo, live, wanted, signal);
  const facts: Facts = factsOf(liveDefinition(live, settings));
  return { live, settings, facts };
}

/** Refuses a table that nothing can be done with; the reason is the service's. */
export function refuseLocked(table: LiveTable | undefined): void {
  if (table === undefined || !LOCKED.has(table.TableStatus)) return;
  const reason = table.ArchivalSummary?.ArchivalReason;
  throw new MqdynError(
    'E_TABLE_STATE',
    `${table.TableName} is ${table.TableStatus}${reason === undefined ? '' : ` (${reason})`}`,
    { hint: 'Restore it or its key first; nothing was changed.' },
  );
}
