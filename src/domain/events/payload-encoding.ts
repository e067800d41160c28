import { Buffer, isUtf8 } from 'node:buffer';
import { decodeBase62 } from '../mqtt/base62.ts';
import type { FieldReader } from './field-reader.ts';
import type { PayloadEncoding } from './format.ts';

/** Bytes as text where they are UTF-8, else as they are. */
export function textOrBytes(bytes: Uint8Array): string | Uint8Array {
  return isUtf8(bytes) ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8') : bytes;
}

/** The payload in a field, taken out of the encoding that the recorder was set to; a broken encoding is a fault. */
export function encodedPayload(read: FieldReader, name: string, encoding: PayloadEncoding): string | Uint8Array {
  if (encoding === 'plain') return read.payload(name);
  const text = read.optionalText(name) ?? '';
  const bytes = encoding === 'base62' ? decodeBase62(text) : decodeBase64(text);
  if (bytes !== undefined) return textOrBytes(bytes);
  read.fail('field_value', `${name} is not ${encoding}`);
  return '';
}

/** The bytes of base64 text, padded or not, of either alphabet; undefined for what no encoder writes. */
function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  const unpadded = text.replace(/={1,2}$/, '');
  if (unpadded !== text && text.length % 4 !== 0) return undefined;
  const again = unpadded.includes('-') || unpadded.includes('_') ? bytes.toString('base64url') : bytes.toString('base64');
  return again.replace(/=+$/, '') === unpadded ? bytes : undefined;
}

/** The bytes of Node's own JSON form of a Buffer, `{"type":"Buffer","data":[...]}`; undefined when it is not one. */
export function bufferJson(value: unknown): Buffer | undefined {
  if (typeof value !== 'object' || value === null || !('data' in value) || !Array.isArray(value.data)) return undefined;
  const bytes = Buffer.alloc(value.data.length);
  for (const [at, byte] of (value.data as unknown[]).entries()) {
    if (typeof byte !== 'number' || !Number.isInteger(byte) || byte < 0 || byte > 255) return undefined;
    bytes[at] = byte;
  }
  return bytes;
}
