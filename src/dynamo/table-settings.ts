import { DescribeContinuousBackupsCommand, DescribeTimeToLiveCommand, ListTagsOfResourceCommand } from '@aws-sdk/client-dynamodb';
import type { Tag } from '../domain/schema/definition.ts';
import type { LiveSettings, LiveTable } from '../domain/schema/live.ts';
import type { Dynamo } from './client.ts';
import { isService, notAdvancing } from './errors.ts';

/** Which settings to read; each is a call of its own. */
export type SettingsWanted = { timeToLive: boolean; recovery: boolean; tags: boolean };

/** Reads what DescribeTable does not tell. An engine that does not know a setting has none. */
export async function readSettings(
  dynamo: Dynamo,
  { TableName, TableArn }: LiveTable,
  wanted: SettingsWanted,
  signal?: AbortSignal,
): Promise<LiveSettings> {
  const [timeToLive, recovery, tags] = await Promise.all([
    wanted.timeToLive ? known(readTimeToLive(dynamo, TableName, signal)) : undefined,
    wanted.recovery ? known(readRecovery(dynamo, TableName, signal)) : undefined,
    wanted.tags && TableArn !== undefined ? known(readTags(dynamo, TableArn, signal)) : undefined,
  ]);
  return {
    ...(timeToLive === undefined ? {} : { timeToLive }),
    ...(recovery === undefined ? {} : { recovery }),
    ...(tags === undefined ? {} : { tags }),
  };
}

async function readTimeToLive(dynamo: Dynamo, TableName: string, signal?: AbortSignal): Promise<LiveSettings['timeToLive']> {
  const command = new DescribeTimeToLiveCommand({ TableName });
  const { TimeToLiveDescription: found } = await dynamo.use((client, stop) => client.send(command, stop), signal);
  return found;
}

async function readRecovery(dynamo: Dynamo, TableName: string, signal?: AbortSignal): Promise<LiveSettings['recovery']> {
  const command = new DescribeContinuousBackupsCommand({ TableName });
  const reply = await dynamo.use((client, stop) => client.send(command, stop), signal);
  const found = reply.ContinuousBackupsDescription?.PointInTimeRecoveryDescription;
  if (found === undefined) return undefined;
  const { PointInTimeRecoveryStatus: status, RecoveryPeriodInDays: days } = found;
  return {
    ...(status === undefined ? {} : { PointInTimeRecoveryStatus: status }),
    ...(days === undefined ? {} : { RecoveryPeriodInDays: days }),
  };
}

/** Every page of them: the SDK has no paginator for tags. */
async function readTags(dynamo: Dynamo, ResourceArn: string, signal?: AbortSignal): Promise<Tag[]> {
  const tags: Tag[] = [];
  let NextToken: string | undefined;
  do {
    const command = new ListTagsOfResourceCommand(NextToken === undefined ? { ResourceArn } : { ResourceArn, NextToken });
    const page = await dynamo.use((client, stop) => client.send(command, stop), signal);
    for (const { Key, Value } of page.Tags ?? []) if (Key !== undefined && Value !== undefined) tags.push({ Key, Value });
    if (page.NextToken !== undefined && page.NextToken === NextToken) throw notAdvancing('ListTagsOfResource');
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
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
