import { Buffer } from 'node:buffer';
import { StringDecoder } from 'node:string_decoder';
import * as zlib from 'node:zlib';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { HttpRequest } from '@smithy/core/transport';
import { ProtocolError } from './errors.ts';
import { nothing, REPLY_SHAPES, type Operation } from './reply-shapes.ts';
import { objectOf, text } from './shapes.ts';

/**
 * One request and its reply, both as DynamoDB's own JSON. The SDK takes it for a command's input, of which its endpoint rules
 * ask for the table alone; the real input is `body`.
 */
export type Exchange = {
  operation: Operation;
  TableName: string | undefined;
  body: string;
  signal: AbortSignal | undefined;
  output: unknown;
};

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
      const { body, sum } = await readBody(reply);
      checkReply(reply, sum);
      if (reply.statusCode >= 300) {
        checkError(reply.statusCode, body);
        reply.body = Buffer.from(body);
        return next({ ...args, request: reply });
      }
      exchange.output = readReply(exchange.operation, body);
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
async function readBody(reply: HttpReply): Promise<{ body: string; sum: number }> {
  const parts = reply.body instanceof Uint8Array ? [reply.body] : reply.body;
  const decoder = new StringDecoder('utf8');
  let body = '';
  let sum = 0;
  for await (const part of parts) {
    body += decoder.write(part);
    sum = zlib.crc32(part, sum);
  }
  return { body: body + decoder.end(), sum };
}

/** Most characters of a place in a reply. */
const MAX_PLACE = 150;

/** What a gateway answers while the way behind it is down. */
const GATEWAY = new Set([502, 503, 504]);

/** Only DynamoDB sends a request id: what answers 200 without one (a proxy, a portal) has applied nothing. */
function checkReply(reply: HttpReply, sum: number): void {
  const { statusCode, headers } = reply;
  if (headers['x-amzn-requestid'] === undefined) {
    const where = headers['location'] === undefined ? '' : `, redirected to ${headers['location']}; redirects are not followed`;
    const what = `answered ${statusCode} but is not DynamoDB (no request id${where})`;
    throw new ProtocolError(what, { isForeign: !GATEWAY.has(statusCode) });
  }
  const wanted = headers['x-amz-crc32'];
  if (wanted !== undefined && headers['content-encoding'] === undefined && sum !== Number(wanted)) {
    throw new ProtocolError('sent a reply whose checksum is wrong');
  }
}

/** The reply to an operation, as the program relies on it. */
function readReply(operation: Operation, body: string): unknown {
  const shape = REPLY_SHAPES[operation];
  const reply = parse(body === '' && shape === nothing ? '{}' : body);
  const wrong = shape(reply);
  if (wrong !== undefined) {
    throw new ProtocolError(`sent a reply to ${operation} of another shape: it${inWords(wrong)}`);
  }
  return reply;
}

/** Of a place that is deep inside, the end tells most. */
function inWords(wrong: string): string {
  if (wrong.length > MAX_PLACE) return `s …${wrong.slice(-MAX_PLACE)}`;
  return wrong.replace(/^\./, 's ');
}

/** What the SDK reads of an error. */
const errorShape = objectOf({}, { __type: text, code: text, Code: text, message: text, Message: text });

function checkError(status: number, body: string): void {
  // an error without a body has its name in a header
  if (body === '' || errorShape(parse(body)) === undefined) return;
  throw new ProtocolError(`answered ${status} with an error of another shape`);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new ProtocolError(`sent a reply that is not JSON (${body.length} characters)`, { cause: error });
  }
}
