import type { IncomingMessage } from 'node:http';

/** Longest body of a request, in bytes. */
export const MAX_BODY_BYTES = 1 << 20;
/** All bodies that are being read take no more together, in bytes. */
const MAX_HELD_BYTES = 32 << 20;

/** Why a body is not taken: its status, and what to say. */
export type BodyFault = { status: 413 | 415 | 503; error: string };

const TOO_LARGE: BodyFault = { status: 413, error: `the body is longer than ${MAX_BODY_BYTES} bytes` };
const TOO_MANY: BodyFault = { status: 503, error: 'too many bodies at a time' };

const JSON_TYPE = /^\s*application\/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?;?\s*$/i;

/** What the head of a request says about its body before any of it is read. */
export function headFault({ headers }: IncomingMessage): BodyFault | undefined {
  if (!JSON_TYPE.test(headers['content-type'] ?? '')) return { status: 415, error: 'send application/json' };
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    // unpacked it may be of any length
    return { status: 413, error: 'compressed bodies are not taken' };
  }
  return Number(headers['content-length'] ?? 0) > MAX_BODY_BYTES ? TOO_LARGE : undefined;
}

/** Reads bodies, of many requests at a time, within bounds. */
export class BodyReader {
  private held = 0;

  /** The body, a fault, or undefined where the client went away in the middle. */
  async read(request: IncomingMessage): Promise<Buffer | BodyFault | undefined> {
    const parts: Buffer[] = [];
    let length = 0;
    try {
      for await (const part of request as AsyncIterable<Buffer>) {
        length += part.length;
        this.held += part.length;
        if (length > MAX_BODY_BYTES) return TOO_LARGE;
        if (this.held > MAX_HELD_BYTES) return TOO_MANY;
        parts.push(part);
      }
    } catch {
      return undefined;
    } finally {
      this.held -= length;
    }
    // a copy: a part would keep the whole block in memory in which it was received
    return Buffer.concat(parts);
  }
}
