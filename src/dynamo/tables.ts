import { setTimeout as delay } from 'node:timers/promises';
import { MqdynError } from '../domain/errors.ts';
import type { CreateTableInput, Tag } from '../domain/schema/definition.ts';
import type { LiveSettings, LiveTable } from '../domain/schema/live.ts';
import type { Dynamo } from './client.ts';
import { isService } from './errors.ts';
import { PAGED, replies } from './pages.ts';

export type { LiveTable } from '../domain/schema/live.ts';

/** Longest wait for a table to become ACTIVE or to go where nobody says otherwise, in milliseconds. */
export const MAX_WAIT = 300_000;
const MAX_POLL = 5_000;
/** Of a table that goes: it may have lost its keys already. */
const NO_KEYS = { KeySchema: [], AttributeDefinitions: [] };

/** The live table, or undefined when there is none. */
export async function describeTable(dynamo: Dynamo, name: string, signal?: AbortSignal): Promise<LiveTable | undefined> {
  try {
    const reply = await dynamo.call<{ Table: LiveTable }>('DescribeTable', { TableName: name }, signal);
    return { ...NO_KEYS, ...reply.Table };
  } catch (error) {
    if (isService(error, 'ResourceNotFoundException')) return undefined;
    throw error;
  }
}

/** Names of all tables of the region, every page of them. */
export async function listTableNames(dynamo: Dynamo, signal?: AbortSignal): Promise<string[]> {
  const names: string[] = [];
  const paged = { from: 'LastEvaluatedTableName', to: 'ExclusiveStartTableName' };
  for await (const page of replies<{ TableNames: string[] }>(dynamo, 'ListTables', {}, paged, signal)) {
    names.push(...page.TableNames);
  }
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
    if (isService(error, 'ValidationException') && /protected against deletion/i.test(error.said)) {
      throw new MqdynError('E_PROTECTED', `${name} has deletion protection`, { hint: 'It was not dropped.', cause: error });
    }
    throw error;
  }
}

function isActive(live: LiveTable | undefined): boolean {
  return live?.TableStatus === 'ACTIVE';
}

function isSettled(live: LiveTable | undefined): boolean {
  const indexes = live?.GlobalSecondaryIndexes ?? [];
  return isActive(live) && indexes.every(({ IndexStatus: status }) => status === undefined || status === 'ACTIVE');
}

/** How long to wait, and what ends the wait early. */
export type Patience = { signal?: AbortSignal | undefined; waitMs?: number };

export async function waitUntilActive(dynamo: Dynamo, name: string, patience: AbortSignal | Patience = {}): Promise<LiveTable> {
  return poll(dynamo, name, `${name} to become ACTIVE`, isActive, patience) as Promise<LiveTable>;
}

/** Waits until neither the table nor any of its indexes is in the middle of a change; an index that is filled takes long. */
export async function waitUntilSettled(dynamo: Dynamo, name: string, patience: Patience): Promise<LiveTable> {
  return poll(dynamo, name, `${name} and its indexes to become ACTIVE`, isSettled, patience) as Promise<LiveTable>;
}

export async function waitUntilGone(dynamo: Dynamo, name: string, patience: AbortSignal | Patience = {}): Promise<void> {
  await poll(dynamo, name, `${name} to go`, (live) => live === undefined, patience);
}

async function poll(
  dynamo: Dynamo,
  name: string,
  what: string,
  done: (live: LiveTable | undefined) => boolean,
  patience: AbortSignal | Patience,
): Promise<LiveTable | undefined> {
  const { signal, waitMs = MAX_WAIT } = patience instanceof AbortSignal ? { signal: patience } : patience;
  const deadline = performance.now() + waitMs;
  for (let wait = 5; ; wait = Math.min(wait * 2, MAX_POLL)) {
    const live = await describeTable(dynamo, name, signal);
    if (done(live)) return live;
    if (performance.now() + wait > deadline) {
      throw new MqdynError('E_WAIT', `waited ${waitMs / 1000} s for ${what}; it is ${live?.TableStatus ?? 'missing'}`);
    }
    await delay(wait, undefined, signal === undefined ? {} : { signal });
  }
}

/** Retries a call while the table is in the middle of a change or too many tables are, until patience ends. */
export async function whileBusy<T>(call: () => Promise<T>, { signal, waitMs = MAX_WAIT }: Patience): Promise<T> {
  const deadline = performance.now() + waitMs;
  for (let wait = 100; ; wait = Math.min(wait * 2, MAX_POLL)) {
    try {
      return await call();
    } catch (error) {
      const busy = isService(error, 'LimitExceededException') || isService(error, 'ResourceInUseException');
      if (!busy || performance.now() + wait > deadline) throw error;
    }
    await delay(wait, undefined, signal === undefined ? {} : { signal });
  }
}

/** Counts the items of a table by reading all of them: for engines where that costs nothing. */
export async function countItems(dynamo: Dynamo, name: string, signal?: AbortSignal): Promise<number> {
  let count = 0;
  const input = { TableName: name, Select: 'COUNT' };
  for await (const page of replies<{ Count: number }>(dynamo, 'Scan', input, PAGED, signal)) count += page.Count;
  return count;
}

/** Which settings to read; each is a call of its own. */
export type SettingsWanted = { timeToLive: boolean; recovery: boolean; tags: boolean };

/** Reads what DescribeTable does not tell. An engine that does not know a setting has none. */
export async function readSettings(
  dynamo: Dynamo,
  table: LiveTable,
  wanted: SettingsWanted,
  signal?: AbortSignal,
): Promise<LiveSettings> {
  const name = { TableName: table.TableName };
  const [ttl, backups, tags] = await Promise.all([
    wanted.timeToLive
      ? known(dynamo.call<{ TimeToLiveDescription: LiveSettings['timeToLive'] }>('DescribeTimeToLive', name, signal))
      : undefined,
    wanted.recovery ? known(dynamo.call<BackupsReply>('DescribeContinuousBackups', name, signal)) : undefined,
    wanted.tags && table.TableArn !== undefined ? known(readTags(dynamo, table.TableArn, signal)) : undefined,
  ]);
  const recovery = backups?.ContinuousBackupsDescription?.PointInTimeRecoveryDescription;
  return {
    ...(ttl?.TimeToLiveDescription === undefined ? {} : { timeToLive: ttl.TimeToLiveDescription }),
    ...(recovery === undefined ? {} : { recovery }),
    ...(tags === undefined ? {} : { tags }),
  };
}

type BackupsReply = {
  ContinuousBackupsDescription?: { PointInTimeRecoveryDescription?: NonNullable<LiveSettings['recovery']> };
};

async function readTags(dynamo: Dynamo, arn: string, signal: AbortSignal | undefined): Promise<Tag[]> {
  const tags: Tag[] = [];
  const input = { ResourceArn: arn };
  const paged = { from: 'NextToken', to: 'NextToken' };
  for await (const page of replies<{ Tags?: Tag[] }>(dynamo, 'ListTagsOfResource', input, paged, signal)) {
    tags.push(...(page.Tags ?? []));
  }
  return tags;
}

async function known<T>(reply: Promise<T>): Promise<T | undefined> {
  try {
    return await reply;
  } catch (error) {
    if (isService(error, 'UnknownOperationException')) return undefined;
    throw error;
  }
}
