import { Buffer, isUtf8 } from 'node:buffer';
import type { AttributeValue } from '../item.ts';

/** How a payload is best read, judged by its bytes. */
export type PayloadForm = 'empty' | 'json' | 'text' | 'hex' | 'base64' | 'unreadable';

/** Binary payloads up to so many bytes are readable as hex. */
const MAX_HEX_BYTES = 64;

/** Controls that no text holds; tab and line ends are text. */
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/; // eslint-disable-line no-control-regex

/** What stands where bytes that were no UTF-8 were stored as text by the backend. */
const REPLACED = '\ufffd';

export type ShownPayload = { form: PayloadForm; text: string; bytes: number };

/** A stored payload in the form in which a person reads it. A value that is neither S nor B has no form. */
export function shownPayload(value: AttributeValue | undefined): ShownPayload {
  if (value === undefined || !('S' in value || 'B' in value)) return { form: 'unreadable', text: '', bytes: 0 };
  const bytes = 'S' in value ? Buffer.from(value.S, 'utf8') : Buffer.from(value.B, 'base64');
  const form = formOf(bytes);
  return { form, text: inForm(bytes, form), bytes: bytes.length };
}

/** So many characters of a payload tell which message it is. */
const PREVIEW = /^.{0,80}/su;

/** A piece of a stored payload in one line of text; bytes as hex or base64 with their number in front. */
export function payloadPreview(value: AttributeValue | undefined): string | undefined {
  const { form, text, bytes } = shownPayload(value);
  if (form === 'unreadable') return undefined;
  const line = form === 'hex' || form === 'base64' ? `<${bytes} bytes, ${form}> ${text}` : text;
  const [start = ''] = PREVIEW.exec(line) ?? [];
  return start.length < line.length ? `${start}…` : line;
}

/** True when bytes of the payload were lost when it was stored as text. */
export function holdsReplacements(value: AttributeValue | undefined): boolean {
  return value !== undefined && 'S' in value && value.S.includes(REPLACED);
}

function formOf(bytes: Buffer): PayloadForm {
  if (bytes.length === 0) return 'empty';
  if (!isUtf8(bytes)) return bytes.length <= MAX_HEX_BYTES ? 'hex' : 'base64';
  const text = bytes.toString('utf8');
  if (CONTROLS.test(text)) return bytes.length <= MAX_HEX_BYTES ? 'hex' : 'base64';
  return isJson(text) ? 'json' : 'text';
}

function inForm(bytes: Buffer, form: PayloadForm): string {
  if (form === 'hex') return bytes.toString('hex');
  return form === 'base64' ? bytes.toString('base64') : bytes.toString('utf8');
}

/** Objects and lists only: a bare number or word is text to a person. */
function isJson(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
