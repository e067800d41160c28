import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { HttpHandlerOptions } from '@smithy/types';
import { MqdynError, readOnlyError } from '../domain/errors.ts';
import { agentsFor } from './agents.ts';
import { checkReplies, operationOf } from './check-replies.ts';
import { credentialsFor } from './credentials.ts';
import { isAboutCredentials, ServiceError, toMqdynError } from './errors.ts';
import { RawCalls, stoppedBy } from './raw-calls.ts';
import type { RawOperation, RawOperations } from './raw-operations.ts';
import { isRetryable, retriedWhile } from './retry.ts';
import { Retries } from './retries.ts';

export type DynamoOptions = {
  /** Undefined for AWS itself. */
  endpoint?: string;
  region: string;
  profile?: string;
  /** Fixed keys instead of those that AWS's tools would find. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
  /** True where those keys are nobody's, because the engine is local and none were named. */
  dummyKeys?: boolean;
  /** Attempts of one raw call; 1 where the caller has a retry loop of its own. */
  attempts: number;
  /** Most calls in flight at a time. */
  concurrency: number;
  /** Where calls go, in words for messages. */
  label: string;
  /** The engine that comes with the program: it knows best why it no longer answers. */
  embedded?: { fault(): Promise<MqdynError | undefined> };
  /** Why nothing may be written here, in words for the message; undefined where writing is allowed. */
  readOnly?: string;
  /** So long a reply is waited for, in milliseconds; for engines that are known to answer fast. */
  requestTimeoutMs?: number;
};

/** It becomes a part of a host's name. */
const REGION = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

/** Operations that only read; any other one is a write. An export to S3 leaves the tables as they are. */
const READS = /^(?:BatchGet|Describe|ExportTable|Get|List|Query|Scan)/;

/** Above any healthy call: a timeout on this side is a write whose fate is unknown. In milliseconds. */
const REQUEST_TIMEOUT = 20_000;
const CONNECTION_TIMEOUT = 3_000;
const SOCKET_TIMEOUT = 15_000;

/** Attempts of a call that is no raw one. */
const ATTEMPTS = 4;

/** The SDK's client, and the way past its serializers that goes by the same configuration. */
type ClientHandle = { client: DynamoDBClient; raw: RawCalls };

/**
 * One connection to a DynamoDB with three doors: `use` gives the SDK's own client for tables, and the document client of
 * documents.ts for single items; `call` sends DynamoDB's own JSON, for what is read and written in bulk. Every fault of either
 * comes out as a MqdynError, an aborted call as the abort's own reason; credentials that have expired are looked up anew once.
 */
export class Dynamo {
  private handle: ClientHandle;
  private readonly retired: DynamoDBClient[] = [];
  private answered = false;
  readonly options: DynamoOptions;

  constructor(options: DynamoOptions) {
    if (!REGION.test(options.region)) {
      throw new MqdynError('E_CONFIG', `invalid region name "${options.region}"`, { hint: 'For example: --region eu-west-1' });
    }
    this.options = options;
    this.handle = this.connect();
  }

  /** Works with the SDK's client, whose calls are guarded as said above. `stop` is what a call takes to end with the signal. */
  async use<T>(work: (client: DynamoDBClient, stop: HttpHandlerOptions) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.withFreshCredentials(({ client }) => work(client, stoppedBy(signal)), signal);
  }

  /** One call in DynamoDB's own JSON. */
  async call<O extends RawOperation>(
    operation: O,
    input: RawOperations[O]['input'],
    signal?: AbortSignal,
  ): Promise<RawOperations[O]['reply']> {
    return (await this.send(operation, input, signal)) as RawOperations[O]['reply'];
  }

  /** Asks an operation something that no typed call can: whether an endpoint knows it. What is answered does not matter. */
  async probe(operation: string, input: object): Promise<void> {
    await this.send(operation, input, undefined);
  }

  close(): void {
    for (const client of [this.handle.client, ...this.retired]) client.destroy();
  }

  private async send(operation: string, input: object, signal: AbortSignal | undefined): Promise<unknown> {
    this.refuseWrite(operation);
    const goOn = (attempt: number, error: ServiceError) => attempt < this.options.attempts && isRetryable(error, this.answered);
    const attempt = async () => {
      const reply = await this.withFreshCredentials(async ({ client, raw }) => {
        try {
          return await raw.send(operation, input, signal);
        } catch (error) {
          throw await this.faultOf(error, client, operation, input);
        }
      }, signal);
      this.answered = true;
      return reply;
    };
    return retriedWhile(attempt, goOn, signal);
  }

  private async withFreshCredentials<T>(work: (handle: ClientHandle) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { handle } = this;
    const attempt = (current: ClientHandle) =>
      work(current).catch((error: unknown) => {
        throw signal?.aborted ? signal.reason : error;
      });
    try {
      return await attempt(handle);
    } catch (error) {
      if (!(error instanceof ServiceError) || !error.service.startsWith('ExpiredToken')) throw error;
      // calls in flight share the one new client
      if (this.handle === handle) {
        this.retired.push(handle.client);
        this.handle = this.connect();
      }
      return attempt(this.handle);
    }
  }

  private connect(): ClientHandle {
    const { options } = this;
    const client = new DynamoDBClient({
      region: options.region,
      userAgentAppId: 'mqdyn',
      // the target was resolved before; the SDK would look into the environment once more
      ignoreConfiguredEndpointUrls: true,
      retryStrategy: new Retries(ATTEMPTS),
      requestHandler: {
        requestTimeout: options.requestTimeoutMs ?? REQUEST_TIMEOUT,
        throwOnRequestTimeout: true,
        connectionTimeout: CONNECTION_TIMEOUT,
        socketTimeout: SOCKET_TIMEOUT,
        ...agentsFor(options.concurrency + 4),
      },
      credentials: options.credentials ?? credentialsFor(options.label, options.profile),
      ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
      ...(options.profile === undefined ? {} : { profile: options.profile }),
    });
    this.guard(client);
    checkReplies(client);
    return { client, raw: new RawCalls(client, options) };
  }

  /** Refuses writes where nothing may be written, and turns what a command throws into a MqdynError. */
  private guard(client: DynamoDBClient): void {
    client.middlewareStack.add(
      (next, context) => async (args) => {
        const operation = operationOf(context.commandName);
        this.refuseWrite(operation);
        try {
          return await next(args);
        } catch (error) {
          throw await this.faultOf(error, client, operation, args.input);
        }
      },
      { step: 'initialize', priority: 'high', name: 'mqdynGuard' },
    );
  }

  private refuseWrite(operation: string): void {
    if (this.options.readOnly !== undefined && !READS.test(operation)) throw readOnlyError(this.options.readOnly);
  }

  private async faultOf(error: unknown, client: DynamoDBClient, operation: string, input: object): Promise<unknown> {
    const { TableName: named, RequestItems: batch } = input as { TableName?: string; RequestItems?: object };
    const table = named ?? Object.keys(batch ?? {})[0];
    const fault = toMqdynError(error, { operation, table, target: this.options, keyId: await keyId(client, error) });
    const isGone = fault instanceof ServiceError && fault.code === 'E_ENDPOINT';
    return (isGone ? await this.options.embedded?.fault() : undefined) ?? fault;
  }
}

/** The key id, where an error is about who is calling; only its last four characters may be shown. */
async function keyId(client: DynamoDBClient, error: unknown): Promise<string | undefined> {
  if (!isAboutCredentials(error)) return undefined;
  return client.config.credentials().then(
    ({ accessKeyId }) => accessKeyId,
    () => undefined,
  );
}
