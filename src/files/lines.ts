import { Buffer, isAscii, isUtf8 } from 'node:buffer';
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
    const [first, second] = this.parts;
    const bytes = first !== undefined && second === undefined ? first : Buffer.concat(this.parts);
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
    let start = 0;
    if (this.current.length > 0) {
      const end = chunk.indexOf(LF);
      if (end >= 0) {
        this.current.take(chunk.subarray(0, end));
        add(lines, this.finish(1));
        start = end + 1;
      }
    }
    const behind = Math.max(start, chunk.lastIndexOf(LF) + 1);
    this.cutAll(chunk.subarray(start, behind), lines);
    this.current.take(chunk.subarray(behind));
    return lines;
  }

  /** Cuts whole lines. One decoding of all of them costs less than one for each, and both have their line feeds in common. */
  private cutAll(block: Buffer, lines: Line[]): void {
    const text = isAscii(block) ? block.toString('latin1') : isUtf8(block) ? block.toString('utf8') : undefined;
    const sameLength = text?.length === block.length;
    for (let start = 0, from = 0; start < block.length;) {
      const to = text?.indexOf('\n', from) ?? 0;
      const end = sameLength ? to : block.indexOf(LF, start);
      if (end - start > this.maxLine) {
        this.current.take(block.subarray(start, end));
        add(lines, this.finish(1));
      } else if (text === undefined || this.offset === 0) add(lines, this.cut(block.subarray(start, end), 1, undefined));
      else add(lines, this.slice(block, start, end, text.slice(from, to)));
      start = end + 1;
      from = to + 1;
    }
  }

  end(): Line | undefined {
    if (this.current.length === 0) return undefined;
    const line = this.finish(0);
    return line && { ...line, unterminated: true };
  }

  private slice(block: Buffer, start: number, end: number, whole: string): Line | undefined {
    const { offset, number } = this;
    this.offset += end - start + 1;
    this.number += 1;
    const cr = whole.charCodeAt(whole.length - 1) === CR ? 1 : 0;
    const text = cr === 0 ? whole : whole.slice(0, -1);
    return isBlankText(text) ? undefined : new Slice(number, offset, this.offset, text, block, start, end - cr);
  }

  private finish(terminator: number): Line | undefined {
    const { bytes, tooLong } = this.current.finish();
    return this.cut(bytes, terminator, tooLong);
  }

  private cut(whole: Buffer, terminator: number, tooLong: Line['tooLong']): Line | undefined {
    const { offset, number } = this;
    this.offset += (tooLong?.length ?? whole.length) + terminator;
    this.number += 1;
    const bytes = bare(whole, offset, tooLong !== undefined);
    if (isBlank(bytes)) return undefined;
    const line: Line = { number, offset, end: this.offset, bytes };
    if (tooLong) line.tooLong = tooLong;
    return line;
  }
}

/** A record without the CR before its line feed, unless its end is missing, and without a byte-order mark at the very beginning. */
function bare(whole: Buffer, offset: number, cut: boolean): Buffer {
  const bytes = !cut && whole.at(-1) === CR ? whole.subarray(0, -1) : whole;
  return offset === 0 && bytes.subarray(0, BOM.length).equals(BOM) ? bytes.subarray(BOM.length) : bytes;
}

/** The record in what stands from its `offset` to its end in the file: the same bytes that a splitter gave. */
export function recordIn(whole: Buffer, offset: number): Buffer {
  return bare(whole.at(-1) === LF ? whole.subarray(0, -1) : whole, offset, false);
}

function add(lines: Line[], line: Line | undefined): void {
  if (line) lines.push(line);
}

/** A line of a block that was decoded as a whole. Its bytes are hardly ever asked for. */
class Slice implements Line {
  readonly number: number;
  readonly offset: number;
  readonly end: number;
  readonly text: string;
  private readonly block: Buffer;
  private readonly from: number;
  private readonly to: number;

  constructor(number: number, offset: number, end: number, text: string, block: Buffer, from: number, to: number) {
    this.number = number;
    this.offset = offset;
    this.end = end;
    this.text = text;
    this.block = block;
    this.from = from;
    this.to = to;
  }

  get bytes(): Buffer {
    return this.block.subarray(this.from, this.to);
  }
}

/** A copy of a line, which does not keep the block that it was cut from in memory. */
export function copyLine({ number, offset, end, bytes, tooLong, unterminated }: Line): Line {
  return {
    number,
    offset,
    end,
    bytes: Buffer.from(bytes),
    ...(tooLong === undefined ? {} : { tooLong }),
    ...(unterminated === undefined ? {} : { unterminated }),
  };
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
