import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  paginateListTables,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateContinuousBackupsCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
  type CreateTableCommandInput,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import { MqdynError } from '../domain/errors.ts';
import type { CreateTableInput } from '../domain/schema/definition.ts';
import type { LiveTable } from '../domain/schema/live.ts';
import type { StepOperation } from '../domain/schema/plan.ts';
import type { Dynamo } from './client.ts';
import { isService, notAdvancing } from './errors.ts';
import { replies } from './pages.ts';

export type { LiveTable } from '../domain/schema/live.ts';

/** The live table, or undefined when there is none. */
export async function describeTable(dynamo: Dynamo, TableName: string, signal?: AbortSignal): Promise<LiveTable | undefined> {
  try {
    const reply = await dynamo.use((client, stop) => client.send(new DescribeTableCommand({ TableName }), stop), signal);
    if (reply.Table === undefined) throw new Error('a checked reply without a table');
    return liveTable(reply.Table);
  } catch (error) {
    if (isService(error, 'ResourceNotFoundException')) return undefined;
    throw error;
  }
}

/** The reply was checked for what a live table must have; one that is being deleted may have lost its keys already. */
function liveTable({ CreationDateTime: created, ...description }: TableDescription): LiveTable {
  const table = { KeySchema: [], AttributeDefinitions: [], ...description } as object as LiveTable;
  return created === undefined ? table : { ...table, CreationDateTime: created.getTime() / 1000 };
}

/** Names of all tables of the region, every page of them. */
export async function listTableNames(dynamo: Dynamo, signal?: AbortSignal): Promise<string[]> {
  return dynamo.use(async (client, stop) => {
    const names: string[] = [];
    const pages = paginateListTables({ client }, {}, stop);
    let last: string | undefined;
    for await (const { TableNames, LastEvaluatedTableName: next } of pages) {
      names.push(...(TableNames ?? []));
      if (next !== undefined && next === last) throw notAdvancing('ListTables');
      last = next;
    }
    return names;
  }, signal);
}

/** Asks for a table. False when it exists already or another program creates it at this moment. */
export async function createTable(dynamo: Dynamo, input: CreateTableInput, signal?: AbortSignal): Promise<boolean> {
  try {
    // a schema file may name a class of tables that this SDK does not know yet
    const command = new CreateTableCommand(input as CreateTableCommandInput);
    await dynamo.use((client, stop) => client.send(command, stop), signal);
    return true;
  } catch (error) {
    if (isService(error, 'ResourceInUseException')) return false;
    throw error;
  }
}

/** Asks for the end of a table. False when it is gone already. */
export async function deleteTable(dynamo: Dynamo, TableName: string, signal?: AbortSignal): Promise<boolean> {
  try {
    await dynamo.use((client, stop) => client.send(new DeleteTableCommand({ TableName }), stop), signal);
    return true;
  } catch (error) {
    if (isService(error, 'ResourceNotFoundException')) return false;
    if (isService(error, 'ValidationException') && /protected against deletion/i.test(error.serviceMessage)) {
      throw new MqdynError('E_PROTECTED', `${TableName} has deletion protection`, { hint: 'It was not dropped.', cause: error });
    }
    throw error;
  }
}

const CHANGES = {
  UpdateTable: UpdateTableCommand,
  UpdateTimeToLive: UpdateTimeToLiveCommand,
  UpdateContinuousBackups: UpdateContinuousBackupsCommand,
  TagResource: TagResourceCommand,
  UntagResource: UntagResourceCommand,
} as const;

/** Makes a call that changes a table. */
export async function changeTable(
  dynamo: Dynamo,
  operation: Exclude<StepOperation, 'CreateTable'>,
  input: object,
  signal: AbortSignal,
): Promise<void> {
  const Change = CHANGES[operation] as typeof UpdateTableCommand;
  await dynamo.use((client, stop) => client.send(new Change(input as { TableName: string }), stop), signal);
}

/** Counts the items of a table by reading all of them: for engines where that costs nothing. */
export async function countItems(dynamo: Dynamo, TableName: string, signal?: AbortSignal): Promise<number> {
  let count = 0;
  for await (const page of replies(dynamo, 'Scan', { TableName, Select: 'COUNT' }, signal)) count += page.Count;
  return count;
}
