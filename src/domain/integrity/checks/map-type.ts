import { isDamagedQueue } from '../../delivery/fetch.ts';
import type { AttributeValue } from '../../item.ts';
import { decodeMsgid } from '../../mqtt/msgid.ts';
import { typeOf, TYPE_WORDS } from '../../records/attribute-types.ts';
import { SOUND, type ItemCheck } from '../check.ts';

export const mapType: ItemCheck = {
  id: 'map_type',
  severity: 'error',
  tables: ['mqtt_topic_msg_map'],
  title: 'topics whose MsgId is not a string set',
  says: 'The broker finds no ids there, and every further publish to the topic fails to add its own: an import that made lists of sets leaves this.',
  repair: 'A list or a single string of message ids becomes the string set of the same ids. Anything else is left.',
  judge: (item, table) => {
    const value = item['MsgId'];
    if (value === undefined || !isDamagedQueue(item)) return SOUND;
    const detail = TYPE_WORDS[typeOf(value)];
    const ids = listedIds(value);
    if (ids === undefined) return [{ detail }];
    const { MsgId: _, ...rest } = item;
    const after = ids.length === 0 ? rest : { ...rest, MsgId: { SS: ids } };
    return [{ detail, change: { kind: 'item', table, before: item, after } }];
  },
};

/** The ids in a value that should have been a set; undefined when it holds anything but message ids. */
export function listedIds(value: AttributeValue): string[] | undefined {
  const elements = 'L' in value ? value.L : [value];
  const ids = elements.flatMap((element) => ('S' in element && decodeMsgid(element.S) !== undefined ? [element.S] : []));
  return ids.length === elements.length ? [...new Set(ids)] : undefined;
}
