import { MqdynError, usageAt } from '../errors.ts';
import { encodeMsgid, parseMessageId } from './msgid.ts';

/** Characters at each place of a group of four that three decimal digits encode to. Source: emqx_base62. */
const PLACES = [/[MNO]/, /[DTjz]/, /[AEIMQUYcgk]/, /[w-z0-5]/];
const HINT = 'A msgid has 47 characters, or 32 in hexadecimal (29 before EMQX 4.3).';

/** The stored form of a message id given in either form; anything else is a usage error with the place of the fault. */
export function requireMsgid(text: string): string {
  const guid = parseMessageId(text);
  if (guid !== undefined) return encodeMsgid(guid);
  if (text === '') throw new MqdynError('E_USAGE', 'empty message id', { hint: HINT });
  const position = faultPosition(text);
  const ends = position < text.length ? '' : `: it ends after ${text.length} characters`;
  throw usageAt(`invalid message id "${text}"${ends}`, text, position);
}

function faultPosition(text: string): number {
  if (/^[0-9a-fA-F]+$/.test(text)) return Math.min(text.length, 32);
  for (let at = 0; at < Math.min(text.length, 46); at += 1) if (PLACES[at % 4]?.test(text.charAt(at)) === false) return at;
  return text.length < 47 ? text.length : 46;
}
