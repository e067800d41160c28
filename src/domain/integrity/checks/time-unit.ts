import { numberOf } from '../../item.ts';
import { TIME_ATTRIBUTES } from '../../records/tables.ts';
import type { ItemCheck } from '../check.ts';

/** Below this a time is in seconds, from the other on in microseconds, as everywhere in the program. */
const MILLISECONDS = { from: 1e11, to: 1e14 };

export const timeUnit: ItemCheck = {
  id: 'time_unit',
  severity: 'note',
  tables: ['mqtt_client', 'mqtt_msg', 'mqtt_retain'],
  title: 'times that are not in milliseconds',
  says: 'EMQX 4.x writes milliseconds, EMQX 3.x wrote seconds. Views tell the units apart by their size; a query that compares the numbers themselves does not.',
  judge: (item) =>
    [...TIME_ATTRIBUTES].flatMap((name) => {
      const value = Number(numberOf(item, name) ?? 0);
      if (!(value > 0) || (value >= MILLISECONDS.from && value < MILLISECONDS.to)) return [];
      return [{ about: name, detail: value < MILLISECONDS.from ? 'seconds' : 'microseconds' }];
    }),
};
