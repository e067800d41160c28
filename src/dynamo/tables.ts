import { setTimeout as delay } from 'node:timers/promises';
import { MqdynError } from '../domain/errors.ts';
import type { CreateTableInput, KeyElement } from '../domain/schema/definition.ts';
import type { Dynamo } from './client.ts';
import { isService } from './errors.ts';

/** What DescribeTable tells of a live table, in the service's own words. */
export type LiveTable = {
  TableName: string;
  TableStatus: string;
  TableId?: string;
  TableArn?: string;
  KeySchema: KeyElement[];
  AttributeDefinitions: { AttributeName: string; AttributeType: 'S' | 'N' | 'B' }[];
  ProvisionedThroughput?: { ReadCapacityUnits: number; WriteCapacityUnits: number };
  BillingModeSummary?: { BillingMode: string };
  ItemCount?: number;
  TableSizeBytes?: number;
  CreationDateTime?: number;
  DeletionProtectionEnabled?: boolean;
  GlobalSecondaryIndexes?: LiveIndex[];
  LocalSecondaryIndexes?: LiveIndex[];
};

export type LiveIndex = {
  IndexName: string;
  IndexStatus?: string;
  KeySchema: KeyElement[];
  Projection: { ProjectionType?: string; NonKeyAttributes?: string[] };
  ProvisionedThroughput?: { ReadCapacityUnits: number; WriteCapacityUnits: number };
};

/** Longest wait for a table to become ACTIVE or to go, in milliseconds. */
const MAX_WAIT = 300_000;
const MAX_POLL = 5_000;

/** The live table, or undefined when there is none. */
export async function describeTable(dynamo: Dynamo, name: string, signal?: AbortSignal): Promise<LiveTable | undefined> {
  try {
    const reply = await dynamo.call<{ Table: LiveTable }>('DescribeTable', { TableName: name }, signal);
    return reply.Table;
  } catch (error) {
    if (isService(error, 'ResourceNotFoundException')) return undefined;
    throw error;
  }
}

/** Names of all tables of the region, every page of them. */
export async function listTableNames(dynamo: Dynamo, signal?: AbortSignal): Promise<string[]> {
  const names: string[] = [];
  let start: string | undefined;
  do {
    const input = start === undefined ? {} : { ExclusiveStartTableName: start };
    const page = await dynamo.call<{ TableNames: string[]; LastEvaluatedTableName?: string }>('ListTables', input, signal);
    names.push(...page.TableNames);
    start = page.LastEvaluatedTableName;
  } while (start !== undefined);
  return names;
}

/** Asks for a table. False when it exists already or another program creates it at this moment. */
export async function createTable(dynamo: Dynamo, input: CreateTableInput, signal?: AbortSignal): Promise<boolean> {
  try {
    await dynamo.call('CreateTable', input, signal);
    return true;
  } catch (error) {
    if (isService(error, 'ResourceInUseException')) return false;
    throw error;
  }
}

/** Asks for the end of a table. False when it is gone already. */
export async function deleteTable(dynamo: Dynamo, name: string, signal?: AbortSignal): Promise<boolean> {
  try {
    await dynamo.call('DeleteTable', { TableName: name }, signal);
    return true;
  } catch (error) {
    if (isService(error, 'ResourceNotFoundException')) return false;
    throw error;
  }
}

export async function waitUntilActive(dynamo: Dynamo, name: string, signal?: AbortSignal): Promise<LiveTable> {
  return poll(dynamo, name, `${name} to become ACTIVE`, (live) => live?.TableStatus === 'ACTIVE', signal) as Promise<LiveTable>;
}

export async function waitUntilGone(dynamo: Dynamo, name: string, signal?: AbortSignal): Promise<void> {
  await poll(dynamo, name, `${name} to go`, (live) => live === undefined, signal);
}

async function poll(
  dynamo: Dynamo,
  name: string,
  what: string,
  done: (live: LiveTable | undefined) => boolean,
  signal: AbortSignal | undefined,
): Promise<LiveTable | undefined> {
  const deadline = Date.now() + MAX_WAIT;
  for (let pause = 5; ; pause = Math.min(pause * 2, MAX_POLL)) {
    const live = await describeTable(dynamo, name, signal);
    if (done(live)) return live;
    if (Date.now() + pause > deadline) {
      throw new MqdynError('E_WAIT', `waited ${MAX_WAIT / 1000} s for ${what}; it is ${live?.TableStatus ?? 'missing'}`);
    }
    await delay(pause, undefined, signal === undefined ? {} : { signal });
  }
}
