import { Buffer, isUtf8 } from 'node:buffer';
import { decodeKeepingBytes, holdsEscapedBytes, unescapedBytes } from '../mqtt/bytes.ts';
import { rejected, type Reject } from './event.ts';

/** DynamoDB's own limit for nested documents; deeper input also overflows the stack of JSON.stringify. */
const MAX_DEPTH = 32;

/** A recorded JSON object. `keepsBytes`: the line was not UTF-8, so its strings may hold escaped bytes. */
export type JsonRecord = { fields: Record<string, unknown>; keepsBytes: boolean };

/**
 * Reads one line as a JSON object. Bytes that are not UTF-8 survive inside of strings (mosquitto_sub writes payloads raw);
 * whatever is not an object, nests deeper than 32 levels or breaks JSON's grammar is a reject.
 */
export function readRecord(line: Uint8Array): { record: JsonRecord } | { reject: Reject } {
  const valid = isUtf8(line);
  const text = valid ? Buffer.from(line.buffer, line.byteOffset, line.length).toString('utf8') : decodeKeepingBytes(line);
  if (nestsTooDeep(text)) return rejected('too_deep', `nested deeper than ${MAX_DEPTH} levels`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return rejected('json_syntax', syntaxMessage(error as SyntaxError, text));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return rejected('json_syntax', 'the line is not a JSON object');
  }
  return { record: { fields: value as Record<string, unknown>, keepsBytes: !valid } };
}

/** V8 words the fault differently from version to version; the column is what a person needs. */
function syntaxMessage(error: SyntaxError, text: string): string {
  const position = /position (\d+)/.exec(error.message)?.[1];
  const column = position === undefined ? text.length + 1 : Number(position) + 1;
  return `not JSON at column ${column}`;
}

/** Counts brackets outside of strings, so that nesting is known before anything recursive sees the text. */
function nestsTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === 0x22) {
      at = endOfString(text, at);
    } else if (unit === 0x7b || unit === 0x5b) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (unit === 0x7d || unit === 0x5d) {
      depth -= 1;
    }
  }
  return false;
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end >= 0) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes += 1;
    if (slashes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

/** Reads the fields of one record and remembers the first fault, so that a decoder is a plain list of fields. */
export class FieldReader {
  private readonly record: JsonRecord;
  private first: Reject | undefined;

  constructor(record: JsonRecord) {
    this.record = record;
  }

  /** The first field that was missing or wrong. */
  get fault(): Reject | undefined {
    return this.first;
  }

  fail(reason: Reject['reason'], detail: string): void {
    this.first ??= { reason, detail };
  }

  /** The raw value of an own field; undefined when it is absent. JSON null counts as absent. */
  raw(name: string): unknown {
    return Object.hasOwn(this.record.fields, name) ? (this.record.fields[name] ?? undefined) : undefined;
  }

  has(name: string): boolean {
    return this.raw(name) !== undefined;
  }

  /** The first of several fields that is there. */
  firstOf(...names: string[]): string | undefined {
    return names.find((name) => this.has(name));
  }

  /** A required text field. */
  text(name: string): string {
    const value = this.optionalText(name);
    if (value === undefined) this.fail('field_missing', name);
    return value ?? '';
  }

  /** A text field that may be absent. Text that could not be stored (bytes that are not UTF-8, lone surrogates) is a fault. */
  optionalText(name: string): string | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') {
      this.fail('field_type', `${name} must be a string`);
      return undefined;
    }
    if (!value.isWellFormed()) {
      if (this.record.keepsBytes && holdsEscapedBytes(value)) this.fail('utf8', `${name} is not UTF-8`);
      else this.fail('unpaired_surrogate', `${name} holds an unpaired surrogate`);
    }
    return value;
  }

  /** A payload: text, or exact bytes where the line was not UTF-8. Structured values become their JSON text. */
  payload(name: string): string | Uint8Array {
    const value = this.raw(name);
    if (typeof value !== 'string') return value === undefined ? '' : JSON.stringify(value);
    if (this.record.keepsBytes && holdsEscapedBytes(value)) return unescapedBytes(value);
    if (!value.isWellFormed()) this.fail('unpaired_surrogate', `${name} holds an unpaired surrogate`);
    return value;
  }

  /** A required whole number that a double holds exactly. */
  integer(name: string): number {
    const value = this.raw(name);
    if (value === undefined) this.fail('field_missing', name);
    else if (typeof value !== 'number') this.fail('field_type', `${name} must be a number`);
    else if (!Number.isFinite(value)) this.fail('number_range', `${name} is out of range`);
    else if (!Number.isInteger(value)) this.fail('field_type', `${name} must be a whole number`);
    else if (!Number.isSafeInteger(value)) this.fail('unsafe_number', `${name} is larger than 2^53 - 1`);
    else return value === 0 ? 0 : value; // -0 is stored as 0
    return 0;
  }

  /** A required MQTT quality of service. */
  qos(name: string): number {
    const value = this.integer(name);
    if (value < 0 || value > 2) this.fail('field_value', `${name} must be 0, 1 or 2`);
    return value;
  }

  /** A time in Unix milliseconds from the first of several fields that is there. */
  millis(...names: string[]): number {
    const name = this.firstOf(...names) ?? names[0]!;
    const value = this.integer(name);
    if (value < 0) this.fail('number_range', `${name} is negative`);
    return value;
  }
}
