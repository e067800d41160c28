import { StringDecoder } from 'node:string_decoder';
import * as zlib from 'node:zlib';
import { ProtocolError } from './errors.ts';
import { nothing, shapeOfReply } from './reply-shapes.ts';
import { objectOf, text } from './shapes.ts';

/** What an HTTP handler of the SDK hands over. */
export type HttpReply = {
  statusCode: number;
  headers: Record<string, string>;
  body: AsyncIterable<Uint8Array> | Uint8Array;
};

/** A reply that is DynamoDB's: `value` is what it says, `body` the text of it. */
export type CheckedReply = { body: string } & ({ ok: true; value: unknown } | { ok: false; value: ErrorBody });

/** What DynamoDB says of an error, under any of the names that are in use. */
export type ErrorBody = Partial<Record<'__type' | 'code' | 'Code' | 'message' | 'Message', string>>;

/** Reads a reply to an operation and makes sure that DynamoDB sent it and that it is whole; throws a ProtocolError otherwise. */
export async function checkedReply(operation: string, reply: HttpReply): Promise<CheckedReply> {
  const { body, sum } = await readBody(reply);
  checkSender(reply, sum);
  if (reply.statusCode >= 300) return { ok: false, value: errorIn(reply.statusCode, body), body };
  const shape = shapeOfReply(operation);
  const value = parse(body === '' && shape === nothing ? '{}' : body);
  const wrong = shape(value);
  if (wrong !== undefined) throw new ProtocolError(`sent a reply to ${operation} of another shape: it${inWords(wrong)}`);
  return { ok: true, value, body };
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

/** What a gateway answers while DynamoDB behind it is down. */
const GATEWAY = new Set([502, 503, 504]);

/** Only DynamoDB sends a request id: what answers 200 without one (a proxy, a portal) has applied nothing. */
function checkSender({ statusCode, headers }: HttpReply, sum: number): void {
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

const errorShape = objectOf({}, { __type: text, code: text, Code: text, message: text, Message: text });

/** An error without a body has its name in a header. */
function errorIn(status: number, body: string): ErrorBody {
  const value = body === '' ? {} : parse(body);
  if (isError(value)) return value;
  throw new ProtocolError(`answered ${status} with an error of another shape`);
}

function isError(value: unknown): value is ErrorBody {
  return errorShape(value) === undefined;
}

/** Most characters of a path into a reply. */
const MAX_PATH = 150;

/** Of a path that leads deep inside, the end tells most. */
function inWords(wrong: string): string {
  if (wrong.length > MAX_PATH) return `s …${wrong.slice(-MAX_PATH)}`;
  return wrong.replace(/^\./, 's ');
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new ProtocolError(`sent a reply that is not JSON (${body.length} characters)`, { cause: error });
  }
}
