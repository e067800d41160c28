import { GetObjectCommand, HeadBucketCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { MqdynError } from '../domain/errors.ts';
import { s3Url } from '../domain/s3-place.ts';
import { agentsFor } from './agents.ts';
import type { Dynamo } from './client.ts';
import { credentialsFor } from './credentials.ts';
import { clip, toMqdynError, type SdkError } from './errors.ts';
import { isLoopback } from './loopback.ts';
import { networkHint } from './network-hint.ts';
import { stoppedBy } from './raw-calls.ts';

/** One level below a prefix: the keys there, and the prefixes of what lies deeper, each with a slash at its end. */
export type Level = { keys: string[]; folders: string[] };

/** Reads of one bucket; every fault comes out as a MqdynError. */
export type Bucket = {
  name: string;
  /** Rejects with E_BUCKET where there is no such bucket. Needs s3:ListBucket. */
  check(): Promise<void>;
  /** What lies directly below a prefix, which ends in a slash or is empty. */
  level(prefix: string): Promise<Level>;
  /** The text of an object; undefined where there is none. */
  text(key: string): Promise<string | undefined>;
  close(): void;
};

/** Of a manifest more than this is not read, in bytes. */
const MAX_TEXT = 4_194_304;

const ATTEMPTS = 4;
const REQUEST_TIMEOUT = 20_000;
const CONNECTION_TIMEOUT = 3_000;
const SOCKETS = 8;

const MISSING = new Set(['NoSuchBucket', 'NotFound']);

/** A bucket with the credentials of a connection to DynamoDB. The SDK's own variables say where S3 is. */
export async function openBucket(
  { options: { region, credentials, label, profile } }: Dynamo,
  name: string,
  { allowInsecure, signal }: { allowInsecure: boolean; signal: AbortSignal },
): Promise<Bucket> {
  const endpoint = ownEndpoint();
  const loopback = endpoint !== undefined && (await isLoopback(endpoint.hostname));
  if (endpoint?.protocol === 'http:' && !loopback && !allowInsecure) throw unsafe(endpoint);
  const client = new S3Client({
    region,
    userAgentAppId: 'mqdyn',
    maxAttempts: ATTEMPTS,
    credentials: credentials ?? credentialsFor(label, profile),
    // a bucket may be in another region than the tables
    followRegionRedirects: true,
    requestHandler: {
      requestTimeout: REQUEST_TIMEOUT,
      throwOnRequestTimeout: true,
      connectionTimeout: CONNECTION_TIMEOUT,
      ...agentsFor(SOCKETS),
    },
    ...(profile === undefined ? {} : { profile }),
    // no name of a bucket resolves before the name of this machine
    ...(loopback ? { forcePathStyle: true } : {}),
  });
  const stop = stoppedBy(signal);
  const call = async <T>(action: string, key: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw signal.aborted ? signal.reason : s3Fault(error, { action, bucket: name, key, region });
    }
  };
  return {
    name,
    check: () => call('ListBucket', '', async () => void (await client.send(new HeadBucketCommand({ Bucket: name }), stop))),
    level: (prefix) =>
      call('ListBucket', prefix, async () => {
        const level: Level = { keys: [], folders: [] };
        const input = { Bucket: name, Delimiter: '/', ...(prefix === '' ? {} : { Prefix: prefix }) };
        for await (const { Contents = [], CommonPrefixes = [] } of paginateListObjectsV2({ client }, input, stop)) {
          for (const { Key: key } of Contents) if (key !== undefined) level.keys.push(key);
          for (const { Prefix: folder } of CommonPrefixes) if (folder !== undefined) level.folders.push(folder);
        }
        return level;
      }),
    text: (key) =>
      call('GetObject', key, async () => {
        try {
          const { Body: body, ContentLength: bytes = 0 } = await client.send(
            new GetObjectCommand({ Bucket: name, Key: key }),
            stop,
          );
          if (bytes > MAX_TEXT) throw new MqdynError('E_INPUT', `${s3Url(name, key)} is no manifest: it has ${bytes} bytes`);
          return await body?.transformToString();
        } catch (error) {
          if (error instanceof Error && error.name === 'NoSuchKey') return undefined;
          throw error;
        }
      }),
    close: () => client.destroy(),
  };
}

/** An endpoint of S3 that the environment names. */
function ownEndpoint(): URL | undefined {
  if (process.env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true') return undefined;
  const named = process.env['AWS_ENDPOINT_URL_S3'] || process.env['AWS_ENDPOINT_URL'];
  return named && URL.canParse(named) ? new URL(named) : undefined;
}

function unsafe({ host }: URL): MqdynError {
  return new MqdynError('E_ENDPOINT_UNSAFE', `would read manifests unencrypted from S3 at ${host} (AWS_ENDPOINT_URL_S3)`);
}

type Asked = { action: string; bucket: string; key: string; region: string };

/** Turns what a call to S3 threw into our error: what S3 says of buckets and permissions, and all else as DynamoDB's own faults. */
function s3Fault(thrown: unknown, { action, bucket, key, region }: Asked): unknown {
  if (!(thrown instanceof Error) || thrown instanceof MqdynError) return thrown;
  const error = thrown as SdkError;
  const status = error.$metadata?.httpStatusCode;
  const url = s3Url(bucket, key);
  if (MISSING.has(error.name)) return new MqdynError('E_BUCKET', `there is no bucket ${bucket}`, { cause: error });
  // an answer to HEAD has no body, and so no name
  if (error.name === 'AccessDenied' || status === 403) {
    return new MqdynError('E_DENIED', `s3:${action} on ${url}: ${clip(error.message) || 'not allowed'}`, { cause: error });
  }
  const fault = toMqdynError(error, { operation: action, table: undefined, target: { label: `S3 (${region})`, region } });
  if (!(fault instanceof MqdynError) || fault.code !== 'E_ENDPOINT') return fault;
  return new MqdynError('E_ENDPOINT', fault.message, { hint: networkHint(), cause: error });
}
