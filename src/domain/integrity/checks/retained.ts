import { numberOf, textOf } from '../../item.ts';
import { topicNameFault } from '../../mqtt/topic.ts';
import type { TableName } from '../../records/tables.ts';
import { SOUND, type ItemCheck } from '../check.ts';

const RETAINED: readonly TableName[] = ['mqtt_retain'];

export const retainedFlag: ItemCheck = {
  id: 'retained_flag',
  severity: 'warning',
  tables: RETAINED,
  title: 'retained messages whose retain flag is not 1',
  says: 'The backend stores retained messages only with the flag; without it a subscriber takes the message for a new one.',
  repair: 'The flag is set to 1, unless the message has been replaced meanwhile.',
  judge: (item, table) => {
    const flag = numberOf(item, 'retain');
    if (flag === undefined || flag === '1') return SOUND;
    return [
      { detail: `retain is ${flag}`, change: { kind: 'item', table, before: item, after: { ...item, retain: { N: '1' } } } },
    ];
  },
};

export const retainedEmpty: ItemCheck = {
  id: 'retained_empty',
  severity: 'warning',
  tables: RETAINED,
  title: 'retained messages with an empty payload',
  says: 'In MQTT an empty retained message deletes the retained message of its topic, so the backend never stores one.',
  repair: 'The item is deleted, unless the message has been replaced meanwhile.',
  judge: (item, table) =>
    textOf(item, 'payload') === '' ? [{ change: { kind: 'item', table, before: item, after: undefined } }] : SOUND,
};

export const retainedWildcard: ItemCheck = {
  id: 'retained_wildcard',
  severity: 'error',
  tables: RETAINED,
  title: 'retained messages of a topic that cannot exist',
  says: 'Nobody can publish to a topic with a wildcard in it; a subscription to that very filter receives the message all the same.',
  repair: 'The item is deleted.',
  judge: (item, table) => {
    const fault = topicNameFault(textOf(item, 'topic') ?? '');
    if (fault === undefined) return SOUND;
    return [{ detail: fault.message, change: { kind: 'item', table, before: item, after: undefined } }];
  },
};
