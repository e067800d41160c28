import { describe, expect, it } from 'vitest';
import { reverse } from '../../../../src/domain/changes/reverse.ts';
import type { Change } from '../../../../src/domain/changes/change.ts';
import { s } from '../../../../src/domain/item.ts';

const item = { topic: s('t'), payload: s('a') };
const ids = { table: 'mqtt_topic_msg_map', topic: 't', ids: ['a'] } as const;

describe('what takes a change back', () => {
  it.each<[Change, Change[]]>([
    [
      { kind: 'item', table: 'mqtt_retain', before: item, after: undefined },
      [{ kind: 'item', table: 'mqtt_retain', before: undefined, after: item }],
    ],
    [
      { kind: 'item', table: 'mqtt_retain', before: undefined, after: item },
      [{ kind: 'item', table: 'mqtt_retain', before: item, after: undefined }],
    ],
    [{ kind: 'take-ids', ...ids }, [{ kind: 'add-ids', ...ids }]],
    [{ kind: 'add-ids', ...ids }, [{ kind: 'take-ids', ...ids }]],
    [{ kind: 'add-ids', ...ids, existed: true }, [{ kind: 'take-ids', ...ids }]],
    [
      { kind: 'add-ids', ...ids, existed: false },
      [
        { kind: 'take-ids', ...ids },
        { kind: 'item', table: 'mqtt_topic_msg_map', before: { topic: s('t') }, after: undefined },
      ],
    ],
  ])('%j', (change, back) => {
    expect(reverse(change)).toEqual(back);
  });
});
