import { Buffer, isAscii, isUtf8 } from 'node:buffer';
import { decodeKeepingBytes } from '../mqtt/bytes.ts';
import { syntaxFault } from '../json/syntax-fault.ts';
import { rejected, type Reject } from './event.ts';
import { isObject } from '../json/object.ts';

/** DynamoDB's own limit for nested documents; deeper input also overflows the stack of JSON.stringify. */
const MAX_DEPTH = 32;

/**
 * A recorded JSON object. `keepsBytes`: the line was not UTF-8, so its strings may hold escaped bytes. `arrivedMillis`: when it
 * arrived, where it is taken as it happens, in Unix milliseconds; it stands for a time that the record does not tell.
 */
export type JsonRecord = { fields: Record<string, unknown>; keepsBytes: boolean; arrivedMillis?: number };

export type ReadRecord = { record: JsonRecord } | { reject: Reject };

/**
 * Reads one line as a JSON object. Bytes that are not UTF-8 survive inside of strings (mosquitto_sub writes payloads raw);
 * whatever is not an object, nests deeper than 32 levels or breaks JSON's grammar is a reject.
 */
export function readRecord(line: Uint8Array): ReadRecord {
  const bytes = Buffer.isBuffer(line) ? line : Buffer.from(line.buffer, line.byteOffset, line.length);
  // most lines are ASCII, and those are copied rather than decoded
  if (isAscii(bytes)) return readRecordText(bytes.toString('latin1'), false);
  return isUtf8(bytes) ? readRecordText(bytes.toString('utf8'), false) : readRecordText(decodeKeepingBytes(bytes), true);
}

/** The same for text that was decoded already, for instance a payload that is itself a record. */
export function readRecordText(text: string, keepsBytes: boolean): ReadRecord {
  if (nestsTooDeep(text)) return rejected('too_deep', `nested deeper than ${MAX_DEPTH} levels`);
  // such an escape could not be told from an escaped byte any more
  if (keepsBytes && escapesLoneSurrogate(text)) return rejected('unpaired_surrogate', 'the line escapes an unpaired surrogate');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // V8 gives the place of some faults only, and not the same ones in every version
    return rejected('json_syntax', `not JSON at column ${syntaxFault(text)?.column ?? text.length + 1}`);
  }
  const fields = asObject(value);
  return fields === undefined ? rejected('json_syntax', 'the line is not a JSON object') : { record: { fields, keepsBytes } };
}

/** A JSON object as its members; undefined for anything else. */
export function asObject(value: unknown): Record<string, unknown> | undefined {
  return isObject(value) ? value : undefined;
}

/** Whether a `\ud800` to `\udfff` stands in a JSON text that is not half of a pair of such escapes. */
function escapesLoneSurrogate(text: string): boolean {
  const escapes = /\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(u[dD][89a-fA-F][\da-fA-F]{2})|.)/gs;
  for (const [, lone] of text.matchAll(escapes)) if (lone !== undefined) return true;
  return false;
}

/** Text with few brackets cannot nest deep; only other text is looked at character by character. */
function nestsTooDeep(text: string): boolean {
  return atLeast(text, '{', '[', MAX_DEPTH + 1) && passesDepth(text);
}

function atLeast(text: string, one: string, other: string, count: number): boolean {
  let left = count;
  for (let at = text.indexOf(one); at >= 0 && left > 0; at = text.indexOf(one, at + 1)) left -= 1;
  for (let at = text.indexOf(other); at >= 0 && left > 0; at = text.indexOf(other, at + 1)) left -= 1;
  return left === 0;
}

/** Counts brackets outside of strings, so that nesting is known before anything recursive sees the text. */
function passesDepth(text: string): boolean {
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
