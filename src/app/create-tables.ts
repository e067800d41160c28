import { MqdynError } from '../domain/errors.ts';
import { keyInWords, knownOwner, sameKeys, type CreateTableInput } from '../domain/schema/definition.ts';
import type { Dynamo } from '../dynamo/client.ts';
import { createTable, describeTable, waitUntilActive, waitUntilGone, type LiveTable } from '../dynamo/tables.ts';

export type CreateOptions = {
  definitions: readonly CreateTableInput[];
  liveName: (table: string) => string;
  billing?: 'provisioned' | 'on-demand';
  dryRun: boolean;
  wait: boolean;
  signal: AbortSignal;
};

export type Created = { table: string; status: 'created' | 'exists' | 'would-create' };

/**
 * Creates what is missing and waits until all of it is ACTIVE. Every table is looked at before the first one is created: a
 * live table with another key schema is refused while nothing has changed yet.
 */
export async function createTables(dynamo: Dynamo, options: CreateOptions): Promise<Created[]> {
  const { definitions, signal } = options;
  const inputs = definitions.map((definition) => withOptions(definition, options));
  const live = await Promise.all(inputs.map((input) => describeTable(dynamo, input.TableName, signal)));
  for (const [index, table] of live.entries()) refuseForeign(inputs[index]!, table);

  const results: Created[] = [];
  for (const [index, input] of inputs.entries()) {
    const exists = await settled(dynamo, live[index], options);
    if (!exists && !options.dryRun) await createTable(dynamo, input, signal);
    results.push({ table: input.TableName, status: exists ? 'exists' : options.dryRun ? 'would-create' : 'created' });
  }
  if (options.wait && !options.dryRun) {
    for (const input of inputs) refuseForeign(input, await waitUntilActive(dynamo, input.TableName, signal));
  }
  return results;
}

/** Whether the table is there to stay; one that is being deleted is waited for and counts as missing. */
async function settled(dynamo: Dynamo, table: LiveTable | undefined, options: CreateOptions): Promise<boolean> {
  if (table?.TableStatus !== 'DELETING') return table !== undefined;
  if (!options.dryRun) await waitUntilGone(dynamo, table.TableName, options.signal);
  return false;
}

function withOptions(definition: CreateTableInput, { liveName, billing }: CreateOptions): CreateTableInput {
  const named = { ...definition, TableName: liveName(definition.TableName) };
  if (billing === undefined) return named;
  if (billing === 'on-demand') {
    const { ProvisionedThroughput: _, ...rest } = named;
    return { ...rest, BillingMode: 'PAY_PER_REQUEST' };
  }
  return {
    ...named,
    BillingMode: 'PROVISIONED',
    ProvisionedThroughput: named.ProvisionedThroughput ?? { ReadCapacityUnits: 5, WriteCapacityUnits: 5 },
  };
}

/** A table of that name with other keys belongs to something else; it is never touched. */
export function refuseForeign(want: CreateTableInput, have: LiveTable | undefined): void {
  if (have === undefined || sameKeys(want.KeySchema, have.KeySchema)) return;
  const owner = knownOwner(have.KeySchema);
  const whose = owner === undefined ? '' : ` (that is ${owner})`;
  throw new MqdynError(
    'E_SCHEMA_CONFLICT',
    `${have.TableName} has key ${keyInWords(have.KeySchema)}${whose}, the schema file wants ${keyInWords(want.KeySchema)}`,
  );
}
