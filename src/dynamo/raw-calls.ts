import { Buffer } from 'node:buffer';
import { versions } from 'node:process';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { HttpRequest } from '@smithy/core/transport';
import { SignatureV4 } from '@smithy/signature-v4';
import { checkedReply, type ErrorBody, type HttpReply } from './replies.ts';

/** An account's own endpoint holds for the credentials that it was made for. */
type Origin = { protocol: string; hostname: string; port?: number; path: string };

/** Difference of clocks up to which DynamoDB takes a signature, in milliseconds. Source: AWS General Reference, "Signing". */
const MAX_SKEW_MS = 300_000;

/**
 * Calls in DynamoDB's own JSON: signed by the SDK's signer and sent by the request handler of its client, past its serializers.
 * No digit and no attribute name can get lost, and a call costs a third of the processor time, which bulk reads and writes feel
 * (`npm run bench`). One attempt; rejects with the error that the SDK would throw.
 */
export class RawCalls {
  private readonly client: DynamoDBClient;
  private readonly endpoint: string | undefined;
  private readonly signer: SignatureV4;
  private origin: { accountId: string | undefined; at: Origin } | undefined;
  /** What the service's clock is ahead of this one, in milliseconds. */
  private clockOffset = 0;

  constructor(client: DynamoDBClient, { endpoint, region }: { endpoint?: string; region: string }) {
    const { credentials, sha256 } = client.config;
    this.client = client;
    this.endpoint = endpoint;
    this.signer = new SignatureV4({ credentials, sha256, region, service: 'dynamodb', applyChecksum: true });
  }

  async send(operation: string, input: object, signal?: AbortSignal): Promise<unknown> {
    const body = Buffer.from(JSON.stringify(input));
    const offset = this.clockOffset;
    const signingDate = new Date(Date.now() + offset);
    const signed = await this.signer.sign(await this.request(operation, body), { signingDate });
    const { response } = await this.client.config.requestHandler.handle(HttpRequest.clone(signed), stoppedBy(signal));
    const reply: HttpReply = response;
    const { ok, value } = await checkedReply(operation, reply);
    const corrected = this.correctClock(reply.headers['date'], offset);
    if (ok) return value;
    throw serviceException(reply, value, corrected);
  }

  private async request(operation: string, body: Buffer): Promise<HttpRequest> {
    const at = await this.originOf();
    return new HttpRequest({
      ...at,
      method: 'POST',
      body,
      headers: {
        host: at.port === undefined ? at.hostname : `${at.hostname}:${at.port}`,
        'content-type': 'application/x-amz-json-1.0',
        'content-length': String(body.length),
        'x-amz-target': `DynamoDB_20120810.${operation}`,
        'user-agent': USER_AGENT,
      },
    });
  }

  /** Where calls go by the SDK's own rules, which know partitions, dual stack, FIPS and the endpoints of accounts. */
  private async originOf(): Promise<Origin> {
    const { config } = this.client;
    const { accountId } = await config.credentials();
    if (this.origin?.accountId === accountId && this.origin !== undefined) return this.origin.at;
    const { accountIdEndpointMode: mode } = config;
    const parameters = {
      Region: await config.region(),
      UseDualStack: await config.useDualstackEndpoint(),
      UseFIPS: await config.useFipsEndpoint(),
      AccountIdEndpointMode: typeof mode === 'function' ? await mode() : mode,
      ...(accountId === undefined ? {} : { AccountId: accountId }),
      ...(this.endpoint === undefined ? {} : { Endpoint: this.endpoint }),
    };
    const { protocol, hostname, port, pathname: path } = config.endpointProvider(parameters).url;
    this.origin = { accountId, at: { protocol, hostname, path, ...(port === '' ? {} : { port: Number(port) }) } };
    return this.origin.at;
  }

  /** Goes by the service's clock from now on where that of the call, so far ahead of this one, was too far off; true then. */
  private correctClock(date: string | undefined, offset: number): boolean {
    const theirs = Date.parse(date ?? '');
    if (Number.isNaN(theirs) || Math.abs(theirs - (Date.now() + offset)) < MAX_SKEW_MS) return false;
    this.clockOffset = theirs - Date.now();
    return true;
  }
}

/** What a call of the SDK takes to end with a signal. */
export function stoppedBy(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

const USER_AGENT = `lang/js md/nodejs#${versions.node} app/mqdyn`;

/** `com.amazonaws.dynamodb.v20120810#ThrottlingException`, or a name with an address behind it. */
function serviceException({ statusCode, headers }: HttpReply, body: ErrorBody, clockSkewCorrected: boolean): Error {
  const type = headers['x-amzn-errortype'] ?? body.__type ?? body.code ?? body.Code ?? 'Unknown';
  const name = type.replace(/[,:].*$/s, '').replace(/^.*#/, '');
  const error = new Error(body.message ?? body.Message ?? 'UnknownError');
  return Object.assign(error, { name, $metadata: { httpStatusCode: statusCode, clockSkewCorrected } });
}
