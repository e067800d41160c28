import { Buffer } from 'node:buffer';
import { StringDecoder } from 'node:string_decoder';
import * as zlib from 'node:zlib';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { HttpRequest } from '@smithy/core/transport';
import { ProtocolError } from './errors.ts';

/**
 * One request and its reply, both as DynamoDB's own JSON. The SDK takes it for a command's input, of which its endpoint rules
 * ask for the table alone; the real input is `body`.
 */
export type Exchange = { TableName: string | undefined; body: string; signal: AbortSignal | undefined; output: unknown };

type HttpReply = { statusCode: number; headers: Record<string, string>; body: AsyncIterable<Uint8Array> | Uint8Array };

/**
 * Puts our own JSON on the wire and takes the reply's JSON off it, in place of the SDK's serializers: no digit and no
 * attribute can get lost, and a page of a scan costs one JSON.parse. Signing, retries and errors stay the SDK's. Every
 * command of the client has an Exchange for its input.
 */
export function addWireForm({ middlewareStack: stack, config }: DynamoDBClient): void {
  stack.add(
    (next) => (args) => {
      (args as { request?: { body: unknown } }).request!.body = (args.input as Exchange).body;
      return next(args);
    },
    { step: 'serialize', priority: 'low', name: 'mqdynRequest' },
  );
  // comes after the signing; a good reply goes no further, one that tells an error is left to the SDK's deserializer
  stack.add(
    (next) => async (args) => {
      const exchange = args.input as Exchange;
      const options = exchange.signal === undefined ? {} : { abortSignal: exchange.signal };
      const { response } = await config.requestHandler.handle(args.request as HttpRequest, options);
      const reply = response as HttpReply;
      const { text, sum } = await readBody(reply);
      checkReply(reply, sum);
      if (reply.statusCode >= 300) {
        reply.body = Buffer.from(text);
        return next({ ...args, request: reply });
      }
      exchange.output = parse(text);
      return { response, output: { $metadata: {} } };
    },
    { step: 'finalizeRequest', priority: 'low', name: 'mqdynReply' },
  );
  // where the deserializer would have the request sent, it finds the reply
  stack.add(
    () =>
      async ({ request: reply }) => ({ response: reply, output: { $metadata: {} } }),
    {
      step: 'deserialize',
      priority: 'low',
      name: 'mqdynError',
    },
  );
}

/** The text of a reply and its CRC32, taken as it comes: the bytes of a page never stand in memory as a whole. */
async function readBody(reply: HttpReply): Promise<{ text: string; sum: number }> {
  const parts = reply.body instanceof Uint8Array ? [reply.body] : reply.body;
  const decoder = new StringDecoder('utf8');
  let text = '';
  let sum = 0;
  for await (const part of parts) {
    text += decoder.write(part);
    sum = zlib.crc32(part, sum);
  }
  return { text: text + decoder.end(), sum };
}

/** Only DynamoDB sends a request id: what answers 200 without one (a proxy, a portal) has applied nothing. */
function checkReply(reply: HttpReply, sum: number): void {
  const { statusCode, headers } = reply;
  if (headers['x-amzn-requestid'] === undefined) {
    const where = headers['location'] === undefined ? '' : `, redirected to ${headers['location']}; redirects are not followed`;
    throw new ProtocolError(`answered ${statusCode} but is not DynamoDB (no request id${where})`, { isForeign: true });
  }
  const wanted = headers['x-amz-crc32'];
  if (wanted !== undefined && headers['content-encoding'] === undefined && sum !== Number(wanted)) {
    throw new ProtocolError('sent a reply whose checksum is wrong');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ProtocolError(`sent a reply that is not JSON (${text.length} characters)`, { cause: error });
  }
}
