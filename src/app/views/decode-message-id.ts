import { MqdynError } from '../../domain/errors.ts';
import { n, s, type Item } from '../../domain/item.ts';
import { encodeMsgid, microsToIso, parseMessageId, readGuid } from '../../domain/mqtt/msgid.ts';

/** What a message id tells, in either of its forms; anything else is a usage error. */
export function decodedMessageId(text: string): Item {
  const guid = parseMessageId(text);
  if (guid === undefined) {
    throw new MqdynError('E_USAGE', `invalid message id "${text}"`, {
      hint: 'A msgid has 47 characters, or 32 in hexadecimal (29 before EMQX 4.3).',
    });
  }
  const { timestampMicros, node, sequence, hex } = readGuid(guid);
  const time = microsToIso(timestampMicros);
  return {
    msgid: s(encodeMsgid(guid)),
    time: time === undefined ? { NULL: true } : s(time),
    timestampMicros: n(timestampMicros.toString()),
    node: s(node),
    sequence: n(sequence),
    hex: s(hex),
  };
}
