import { Buffer, isUtf8 } from 'node:buffer';
import { replaceInvalidUtf8 } from './bytes.ts';

/** A payload in the form in which it is stored: text as S, bytes as B. */
export type Payload = { text: string } | { base64: string };

/** Whether a payload is UTF-8. Where a recording has text, it is. */
export function isText(payload: string | Uint8Array): boolean {
  return typeof payload === 'string' || isUtf8(payload);
}

/** What to do with a payload that is not UTF-8: store U+FFFD as the backend does, store the bytes, or refuse it. */
export const BINARY_PAYLOAD_POLICIES = ['replace', 'binary', 'reject'] as const;
export type BinaryPayloadPolicy = (typeof BINARY_PAYLOAD_POLICIES)[number];

/** The stored form of a payload's bytes, or undefined when the policy refuses them. */
export function storedPayload(bytes: Uint8Array, policy: BinaryPayloadPolicy): Payload | undefined {
  if (isUtf8(bytes)) return { text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8') };
  if (policy === 'reject') return undefined;
  if (policy === 'replace') return { text: replaceInvalidUtf8(bytes) };
  return { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64') };
}
