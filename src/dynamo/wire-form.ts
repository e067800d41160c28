import { Buffer } from 'node:buffer';
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
      const body = await readBody(reply);
      checkReply(reply, body);
      if (reply.statusCode < 300) exchange.output = parse(body);
      // on success the SDK gets an empty document to read; an error is read by the SDK
      reply.body = reply.statusCode < 300 ? EMPTY_REPLY : body;
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'mqdynReply' },
  );
}

async function readBody(reply: HttpReply): Promise<Buffer> {
  if (reply.body instanceof Uint8Array) return Buffer.from(reply.body);
  const parts: Uint8Array[] = [];
  for await (const part of reply.body) parts.push(part);
  return parts.length === 1 ? Buffer.from(parts[0]!) : Buffer.concat(parts);
}

/** Only DynamoDB sends a request id: what answers 200 without one (a proxy, a portal) has applied nothing. */
function checkReply(reply: HttpReply, body: Buffer): void {
  const { statusCode, headers } = reply;
  if (headers['x-amzn-requestid'] === undefined) {
    const where = headers['location'] === undefined ? '' : `, redirected to ${headers['location']}; redirects are not followed`;
    throw new ProtocolError(`answered ${statusCode} but is not DynamoDB (no request id${where})`);
  }
  const sum = headers['x-amz-crc32'];
  if (sum !== undefined && headers['content-encoding'] === undefined && zlib.crc32(body) !== Number(sum)) {
    throw new ProtocolError('sent a reply whose checksum is wrong');
  }
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new ProtocolError(`sent a reply that is not JSON (${body.length} bytes)`, { cause: error });
  }
}
