import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';

/** One line of an input: its number from 1, its byte offset in the decompressed stream, its bytes without LF and one CR. */
export type Line = {
  number: number;
  offset: number;
  bytes: Buffer;
  /** Set when the line was longer than the cap; `bytes` is its beginning then. */
  tooLong?: { length: number; sha256: string };
  /** Set on a last line without a line feed. */
  unterminated?: true;
};

const LF = 0x0a;
const CR = 0x0d;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
/** Of a line that is too long so much is kept. */
const KEPT_OF_LONG_LINE = 4_096;

/**
 * Splits a byte stream at LF only, so that the same file gives the same lines on every Node release (readline does not).
 * Yields the lines of each chunk together; memory is bounded by the chunk and `maxLine`, in bytes. Blank lines are left out.
 */
export async function* readLines(input: Readable, maxLine: number): AsyncGenerator<Line[]> {
  const splitter = new LineSplitter(maxLine);
  for await (const chunk of input) yield splitter.push(chunk as Buffer);
  const last = splitter.end();
  if (last) yield [last];
}

class LineSplitter {
  private readonly maxLine: number;
  private parts: Buffer[] = [];
  private held = 0;
  private offset = 0;
  private number = 0;
  /** Running digest of a line that is over the cap. */
  private overflow: { hash: ReturnType<typeof createHash>; length: number; head: Buffer } | undefined;

  constructor(maxLine: number) {
    this.maxLine = maxLine;
  }

  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      this.take(chunk.subarray(start, end));
      const line = this.finish();
      this.offset += 1;
      if (line) lines.push(line);
      start = end + 1;
    }
    this.take(chunk.subarray(start));
    return lines;
  }

  end(): Line | undefined {
    if (this.held === 0 && this.overflow === undefined) return undefined;
    const line = this.finish();
    return line && { ...line, unterminated: true };
  }

  private take(part: Buffer): void {
    if (part.length === 0) return;
    if (this.overflow) {
      this.overflow.hash.update(part);
      this.overflow.length += part.length;
      return;
    }
    this.parts.push(part);
    this.held += part.length;
    if (this.held > this.maxLine) {
      const whole = Buffer.concat(this.parts);
      const head = Buffer.from(whole.subarray(0, KEPT_OF_LONG_LINE));
      this.overflow = { hash: createHash('sha256').update(whole), length: whole.length, head };
      this.parts = [];
      this.held = 0;
    }
  }

  private finish(): Line | undefined {
    this.number += 1;
    const { number, offset } = { number: this.number, offset: this.offset };
    if (this.overflow) {
      const { head, length, hash } = this.overflow;
      this.overflow = undefined;
      this.offset += length;
      return { number, offset, bytes: head, tooLong: { length, sha256: hash.digest('hex') } };
    }
    let bytes = this.parts.length === 1 ? this.parts[0]! : Buffer.concat(this.parts);
    this.offset += bytes.length;
    this.parts = [];
    this.held = 0;
    if (bytes.at(-1) === CR) bytes = bytes.subarray(0, -1);
    if (offset === 0 && bytes.subarray(0, BOM.length).equals(BOM)) bytes = bytes.subarray(BOM.length);
    return isBlank(bytes) ? undefined : { number, offset, bytes };
  }
}

function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== 0x20 && byte !== 0x09 && byte !== CR) return false;
  return true;
}
