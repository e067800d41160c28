import { numberOf } from '../../item.ts';
import type { TableName } from '../../records/tables.ts';
import type { ItemCheck } from '../check.ts';

/** The values that an attribute may have, as DynamoDB writes numbers. Retained messages have a check of their own for the flag. */
const ALLOWED: Readonly<Partial<Record<TableName, Readonly<Record<string, readonly string[]>>>>> = {
  mqtt_client: { connect_state: ['0', '1'] },
  mqtt_msg: { qos: ['0', '1', '2'], retain: ['0', '1'] },
  mqtt_retain: { qos: ['0', '1', '2'] },
};

export const attributeValue: ItemCheck = {
  id: 'attribute_value',
  severity: 'error',
  tables: ['mqtt_client', 'mqtt_msg', 'mqtt_retain'],
  title: 'a QoS, a flag or a state that does not exist',
  says: 'QoS is 0, 1 or 2, retain and connect_state are 0 or 1; no backend writes anything else.',
  judge: (item, table) =>
    Object.entries(ALLOWED[table] ?? {}).flatMap(([name, allowed]) => {
      const digits = numberOf(item, name);
      return digits === undefined || allowed.includes(digits) ? [] : [{ about: name, detail: `is ${digits}` }];
    }),
};
