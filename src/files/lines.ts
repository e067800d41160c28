import { Buffer, isAscii } from 'node:buffer';
import { createHash, type Hash } from 'node:crypto';

/**
 * One record of an input as bytes: a line, or one of several JSON documents. `number` is the line it starts on, from 1;
 * `offset` and `end` count bytes of the decompressed stream, `end` being where the next record may start.
 */
export type Line = {
  number: number;
  offset: number;
  end: number;
  readonly bytes: Buffer;
  /** The same as text; only where it was decoded already. */
  readonly text?: string;
  /** Set when it was longer than the cap; `bytes` is its beginning then. */
  tooLong?: { length: number; sha256: string };
  /** Set on a last line without a line feed, or a last document that is not closed. */
  unterminated?: true;
};

/** Where a splitter starts: the beginning, or the place where an earlier run stopped. */
export type Position = { offset: number; number: number };

/** Cuts a byte stream into records. Memory is bounded by the chunk and the cap. */
export type Splitter = {
  push(chunk: Buffer): Line[];
  /** What is left at the end of the stream. */
  end(): Line | undefined;
};

export const LF = 0x0a;
const CR = 0x0d;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
/** Of a record that is too long so much is kept, in bytes. */
const KEPT_OF_LONG = 4_096;

/** Collects the bytes of one record. Over the cap only a digest and the beginning are kept. */
export class RecordBytes {
  private readonly cap: number;
  private parts: Buffer[] = [];
  private overflow: { hash: Hash; head: Buffer } | undefined;
  length = 0;

  constructor(cap: number) {
    this.cap = cap;
  }

  take(part: Buffer): void {
    if (part.length === 0) return;
    this.length += part.length;
    if (this.overflow) {
      this.overflow.hash.update(part);
      return;
    }
    this.parts.push(part);
    if (this.length <= this.cap) return;
    const whole = Buffer.concat(this.parts);
    this.overflow = {
      hash: createHash('sha256').update(whole),
      head: Buffer.from(whole.subarray(0, Math.min(KEPT_OF_LONG, this.cap))),
    };
    this.parts = [];
  }

  /** The record's bytes; the collector is empty afterwards. */
  finish(): Pick<Line, 'bytes' | 'tooLong'> {
    const { length, overflow } = this;
    const bytes = this.parts.length === 1 ? this.parts[0]! : Buffer.concat(this.parts);
    this.parts = [];
    this.length = 0;
    this.overflow = undefined;
    return overflow ? { bytes: overflow.head, tooLong: { length, sha256: overflow.hash.digest('hex') } } : { bytes };
  }
}

/**
 * Splits at LF only, so that the same file gives the same lines on every Node release (readline does not). One CR before the
 * LF and a byte-order mark at the very beginning are taken off; blank lines are left out.
 */
export class LineSplitter implements Splitter {
  private readonly maxLine: number;
  private readonly current: RecordBytes;
  private offset: number;
  private number: number;

  constructor(maxLine: number, from: Position) {
    this.maxLine = maxLine;
    this.current = new RecordBytes(maxLine);
    this.offset = from.offset;
    this.number = from.number;
  }

  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    // most recordings are ASCII: one decoding of all of it costs less than one for each line
    const text = isAscii(chunk) ? chunk.toString('latin1') : undefined;
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = text?.indexOf('\n', start) ?? chunk.indexOf(LF, start)) {
      const whole = this.current.length === 0 && end - start <= this.maxLine;
      if (!whole) this.current.take(chunk.subarray(start, end));
      const line = !whole
        ? this.finish(1)
        : text === undefined
          ? this.cut(chunk.subarray(start, end), 1, undefined)
          : this.slice(chunk, text, start, end);
      if (line) lines.push(line);
      start = end + 1;
    }
    this.current.take(chunk.subarray(start));
    return lines;
  }

  end(): Line | undefined {
    if (this.current.length === 0) return undefined;
    const line = this.finish(0);
    return line && { ...line, unterminated: true };
  }

  private slice(chunk: Buffer, text: string, start: number, end: number): Line | undefined {
    const { offset, number } = this;
    this.offset += end - start + 1;
    this.number += 1;
    const to = end > start && text.charCodeAt(end - 1) === CR ? end - 1 : end;
    const line = new Slice(number, offset, this.offset, chunk, start, text.slice(start, to));
    return isBlankText(line.text) ? undefined : line;
  }

  private finish(terminator: number): Line | undefined {
    const { bytes, tooLong } = this.current.finish();
    return this.cut(bytes, terminator, tooLong);
  }

  private cut(whole: Buffer, terminator: number, tooLong: Line['tooLong']): Line | undefined {
    const { offset, number } = this;
    this.offset += (tooLong?.length ?? whole.length) + terminator;
    this.number += 1;
    let bytes = whole;
    if (!tooLong && bytes.at(-1) === CR) bytes = bytes.subarray(0, -1);
    if (offset === 0 && bytes.subarray(0, BOM.length).equals(BOM)) bytes = bytes.subarray(BOM.length);
    if (isBlank(bytes)) return undefined;
    const line: Line = { number, offset, end: this.offset, bytes };
    if (tooLong) line.tooLong = tooLong;
    return line;
  }
}

/** A line of a chunk that was decoded as a whole. Its bytes are hardly ever asked for. */
class Slice implements Line {
  readonly number: number;
  readonly offset: number;
  readonly end: number;
  readonly text: string;
  private readonly chunk: Buffer;
  private readonly start: number;

  constructor(number: number, offset: number, end: number, chunk: Buffer, start: number, text: string) {
    this.number = number;
    this.offset = offset;
    this.end = end;
    this.chunk = chunk;
    this.start = start;
    this.text = text;
  }

  get bytes(): Buffer {
    return this.chunk.subarray(this.start, this.start + this.text.length);
  }
}

function isBlankText(text: string): boolean {
  const first = text.charCodeAt(0);
  return (first === 0x20 || first === 0x09 || first === CR || text === '') && /^[ \t\r]*$/.test(text);
}

function isBlank(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x09 && byte !== CR) return false;
  }
  return true;
}
