import { SOUND, type ItemCheck } from '../check.ts';

export const mapEmpty: ItemCheck = {
  id: 'map_empty',
  severity: 'note',
  tables: ['mqtt_topic_msg_map'],
  title: 'topics without any ids',
  says: 'Normal residue: when the last id of a topic is acked, its item stays with the key alone. It costs storage and scans.',
  repair: 'The item is deleted, unless an id has been added meanwhile.',
  judge: (item, table) =>
    Object.keys(item).length > 1 ? SOUND : [{ change: { kind: 'item', table, before: item, after: undefined } }],
};
