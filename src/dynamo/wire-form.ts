import { Buffer } from 'node:buffer';
import { StringDecoder } from 'node:string_decoder';
import * as zlib from 'node:zlib';
import type { MiddlewareStack } from '@smithy/types';
import { ProtocolError } from './errors.ts';

/** One request and its reply, both as DynamoDB's own JSON. */
export type Exchange = { body: string; output: unknown };

type HttpReply = { statusCode: number; headers: Record<string, string>; body: AsyncIterable<Uint8Array> | Uint8Array };

const EMPTY_REPLY = Buffer.from('{}');

/**
 * Puts our own JSON on the wire and takes the reply's JSON off it, in place of the SDK's serializers: no digit and no
 * attribute can get lost, and a page of a scan costs one JSON.parse. Signing, retries and errors stay the SDK's.
 */
export function addWireForm<I extends object, O extends object>(stack: MiddlewareStack<I, O>, exchange: Exchange): void {
  stack.add(
    (next) => (args) => {
      (args as { request?: { body: unknown } }).request!.body = exchange.body;
      return next(args);
    },
    { step: 'serialize', priority: 'low', name: 'mqdynRequest' },
  );
  stack.add(
    (next) => async (args) => {
      const result = await next(args);
      const reply = result.response as HttpReply;
      const { text, sum } = await readBody(reply);
      checkReply(reply, sum);
      if (reply.statusCode < 300) exchange.output = parse(text);
      // on success the SDK gets an empty document to read; an error is read by the SDK
      reply.body = reply.statusCode < 300 ? EMPTY_REPLY : Buffer.from(text);
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'mqdynReply' },
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
    throw new ProtocolError(`answered ${statusCode} but is not DynamoDB (no request id${where})`);
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
