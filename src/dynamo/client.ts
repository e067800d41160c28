import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type AgentOptions } from 'node:https';
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteTableCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  ListTagsOfResourceCommand,
  QueryCommand,
  ScanCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateContinuousBackupsCommand,
  UpdateItemCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { MqdynError, readOnlyError } from '../domain/errors.ts';
import { credentialsFor } from './credentials.ts';
import type { Operation } from './reply-shapes.ts';
import { addWireForm, type Exchange } from './wire-form.ts';
import { isAboutCredentials, ServiceError, toMqdynError } from './errors.ts';
import { Retries } from './retries.ts';
import { ShortCalls } from './short-call.ts';

const COMMANDS: { readonly [operation in Operation]: unknown } = {
  BatchGetItem: BatchGetItemCommand,
  BatchWriteItem: BatchWriteItemCommand,
  CreateTable: CreateTableCommand,
  DeleteTable: DeleteTableCommand,
  DescribeContinuousBackups: DescribeContinuousBackupsCommand,
  DescribeTable: DescribeTableCommand,
  DescribeTimeToLive: DescribeTimeToLiveCommand,
  GetItem: GetItemCommand,
  ListTables: ListTablesCommand,
  ListTagsOfResource: ListTagsOfResourceCommand,
  Query: QueryCommand,
  Scan: ScanCommand,
  TagResource: TagResourceCommand,
  UntagResource: UntagResourceCommand,
  UpdateContinuousBackups: UpdateContinuousBackupsCommand,
  UpdateItem: UpdateItemCommand,
  UpdateTable: UpdateTableCommand,
  UpdateTimeToLive: UpdateTimeToLiveCommand,
};

export type { Operation } from './reply-shapes.ts';

export type DynamoOptions = {
  /** Undefined for AWS itself. */
  endpoint?: string;
  region: string;
  profile?: string;
  /** Fixed keys instead of those that AWS's tools would find. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
  /** True where those keys are nobody's, because the engine is local and none were named. */
  dummyKeys?: boolean;
  /** Attempts of one call; 1 where the caller has a retry loop of its own. */
  attempts: number;
  /** Most calls in flight at a time. */
  concurrency: number;
  /** Where calls go, in words for messages. */
  place: string;
  /** True for the engine that comes with the program. */
  embedded?: boolean;
  /** Why nothing may be written here, in words for the message; undefined where writing is allowed. */
  readOnly?: string;
  /** So long a reply is waited for, in milliseconds; for engines that are known to answer fast. */
  requestTimeoutMs?: number;
};

/** It becomes a part of a host's name. */
const REGION = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

/** Operations that only read; any other one is a write. */
const READS = /^(?:BatchGet|Describe|Get|List|Query|Scan)/;

/** Above any healthy call: a timeout on this side is a write whose fate is unknown. In milliseconds. */
const REQUEST_TIMEOUT = 20_000;
const CONNECTION_TIMEOUT = 3_000;
const SOCKET_TIMEOUT = 15_000;

/** A client of the SDK and what is known about calling by it. */
type Line = { client: DynamoDBClient; short: ShortCalls | undefined };

/** One connection to a DynamoDB. Calls take and give the service's own JSON form, so that no value passes through a mapper. */
export class Dynamo {
  private line: Line;
  private readonly retired: Line[] = [];
  readonly options: DynamoOptions;

  constructor(options: DynamoOptions) {
    if (!REGION.test(options.region)) {
      throw new MqdynError('E_CONFIG', `invalid region name "${options.region}"`, { hint: 'For example: --region eu-west-1' });
    }
    this.options = options;
    this.line = this.connect();
  }

  private connect(): Line {
    const { options } = this;
    const agent = { keepAlive: true, maxSockets: options.concurrency + 4 };
    const client = new DynamoDBClient({
      region: options.region,
      userAgentAppId: 'mqdyn',
      // the target was resolved before; the SDK would look into the environment once more
      ignoreConfiguredEndpointUrls: true,
      retryStrategy: new Retries(options.attempts),
      requestHandler: {
        requestTimeout: options.requestTimeoutMs ?? REQUEST_TIMEOUT,
        throwOnRequestTimeout: true,
        connectionTimeout: CONNECTION_TIMEOUT,
        socketTimeout: SOCKET_TIMEOUT,
        httpAgent: new HttpAgent(agent),
        // an option that older Nodes take no notice of
        httpsAgent: new HttpsAgent({ ...agent, proxyEnv: process.env } as AgentOptions),
      },
      credentials: options.credentials ?? credentialsFor(options.place, options.profile),
      ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
      ...(options.profile === undefined ? {} : { profile: options.profile }),
    });
    addWireForm(client);
    // the SDK retries on its long way only
    return { client, short: options.attempts === 1 ? new ShortCalls(client) : undefined };
  }

  /**
   * One call. Rejects with a MqdynError; an aborted call rejects with the abort's own reason. Credentials that have expired
   * are looked up anew once for each call.
   */
  async call<T = Record<string, unknown>>(operation: Operation, input: object, signal?: AbortSignal): Promise<T> {
    if (this.options.readOnly !== undefined && !READS.test(operation)) throw readOnlyError(this.options.readOnly);
    const { line } = this;
    try {
      return await this.once<T>(operation, input, signal);
    } catch (error) {
      if (!(error instanceof ServiceError) || !error.service.startsWith('ExpiredToken')) throw error;
      // calls in flight share the one new client
      if (this.line === line) {
        this.retired.push(line);
        this.line = this.connect();
      }
      return this.once<T>(operation, input, signal);
    }
  }

  private async once<T>(operation: Operation, input: object, signal: AbortSignal | undefined): Promise<T> {
    const { TableName: named, RequestItems: batch } = input as { TableName?: string; RequestItems?: object };
    const table = named ?? Object.keys(batch ?? {})[0];
    const exchange: Exchange = { operation, TableName: named, body: JSON.stringify(input), signal, output: undefined };
    const { client, short } = this.line;
    try {
      if (!(await short?.send(operation, exchange))) {
        const command = new (COMMANDS[operation] as typeof ScanCommand)(exchange);
        await client.send(command, signal === undefined ? {} : { abortSignal: signal });
      }
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      const told = toMqdynError(error, { operation, table, target: this.options, keyId: await keyId(client, error) });
      if (told instanceof ServiceError && (told.code === 'E_CREDENTIALS' || told.code === 'E_CLOCK')) short?.forget();
      throw told;
    }
    return exchange.output as T;
  }

  close(): void {
    for (const { client } of [this.line, ...this.retired]) client.destroy();
  }
}

/** The key id, where an error is about who is calling; of the last four characters only may be told. */
async function keyId(client: DynamoDBClient, error: unknown): Promise<string | undefined> {
  if (!isAboutCredentials(error)) return undefined;
  return client.config.credentials().then(
    ({ accessKeyId }) => accessKeyId,
    () => undefined,
  );
}
