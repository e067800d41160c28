import { MqdynError } from '../../domain/errors.ts';
import { encodeMsgid, parseMessageId, readGuid } from '../../domain/mqtt/msgid.ts';
import type { MessageIdView } from '../../domain/views/messages.ts';

/** What a message id tells, in either of its forms; anything else is a usage error. */
export function decodedMessageId(text: string): MessageIdView {
  const guid = parseMessageId(text);
  if (guid === undefined) {
    throw new MqdynError('E_USAGE', `invalid message id "${text}"`, {
      hint: 'A msgid has 47 characters, or 32 in hexadecimal (29 before EMQX 4.3).',
    });
  }
  return { msgid: encodeMsgid(guid), ...readGuid(guid) };
}
