import { Buffer } from 'node:buffer';
import { LF, RecordBytes, type Line, type Position, type Splitter } from './lines.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;

/**
 * Cuts JSON objects out of a stream that is not one object a line: objects one after another, over several lines, or the
 * elements of one array. What stands between objects (blanks, commas, the brackets of the array) is passed over; other text
 * there becomes a record of its own, to be rejected. An object that is never closed ends where a line starts with `{`.
 */
export class DocumentSplitter implements Splitter {
  private readonly current: RecordBytes;
  private offset: number;
  private line: number;
  private start: Position;
  private depth = 0;
  private inString = false;
  private escaped = false;
  /** Text between objects that is no JSON. */
  private stray = false;
  private lineStart = true;

  constructor(maxRecord: number, from: Position) {
    this.current = new RecordBytes(maxRecord);
    this.offset = from.offset;
    this.line = from.number;
    this.start = from;
  }

  push(chunk: Buffer): Line[] {
    const records: Line[] = [];
    let from = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (this.inside && this.lineStart && byte === OPEN_BRACE) {
        from = this.close(chunk, from, at, records);
      }
      this.lineStart = byte === LF;
      if (byte === LF) this.line += 1;
      if (!this.inside) {
        if (isBetween(byte)) continue;
        this.open(at);
        from = at;
        if (byte !== OPEN_BRACE) this.stray = true;
      }
      if (this.stray) {
        if (byte === LF) from = this.close(chunk, from, at, records);
      } else if (this.step(byte)) from = this.close(chunk, from, at + 1, records);
    }
    if (this.inside) this.current.take(chunk.subarray(from));
    this.offset += chunk.length;
    return records;
  }

  end(): Line | undefined {
    if (!this.inside) return undefined;
    return { ...this.start, ...this.current.finish(), end: this.offset, unterminated: true };
  }

  private get inside(): boolean {
    return this.depth > 0 || this.stray;
  }

  /** Follows the grammar as far as brackets and strings go. True at the end of the object. */
  private step(byte: number): boolean {
    if (this.inString) {
      if (this.escaped) this.escaped = false;
      else if (byte === BACKSLASH) this.escaped = true;
      else if (byte === QUOTE || byte === LF) this.inString = false; // no string goes over a line
      return false;
    }
    if (byte === QUOTE) this.inString = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) this.depth -= 1;
    return this.depth === 0;
  }

  private open(at: number): void {
    this.start = { offset: this.offset + at, number: this.line };
    this.inString = false;
    this.escaped = false;
  }

  private close(chunk: Buffer, from: number, to: number, records: Line[]): number {
    this.current.take(chunk.subarray(from, to));
    records.push({ ...this.start, ...this.current.finish(), end: this.offset + to });
    this.depth = 0;
    this.stray = false;
    return to;
  }
}

/** Blanks, commas, and the brackets of an array around the objects. */
function isBetween(byte: number): boolean {
  return (
    byte <= 0x20 ||
    byte === 0x2c ||
    byte === OPEN_BRACKET ||
    byte === CLOSE_BRACKET ||
    byte === 0xef ||
    byte === 0xbb ||
    byte === 0xbf
  );
}

/** How an input is cut: one object a line, or documents. */
export type Framing = 'lines' | 'documents';

/** Tells the framing by the beginning of an input. One object that fills its line is the common case. */
export function framingOf(beginning: Buffer): Framing {
  const text = beginning.toString('utf8').replace(/^\ufeff?\s*/, '');
  if (text.startsWith('[')) return 'documents';
  if (!text.startsWith('{')) return 'lines';
  const line = text.replace(/\n.*$/s, '').trimEnd();
  if (isJson(line)) return 'lines';
  const splitter = new DocumentSplitter(beginning.length + 1, { offset: 0, number: 1 });
  const [first] = splitter.push(Buffer.from(line));
  // several objects on a line, or one that goes on behind it
  if (first !== undefined) return isJson(first.bytes.toString('utf8')) ? 'documents' : 'lines';
  return /[{[,:]$/.test(line) ? 'documents' : 'lines';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
