import { describe, expect, it } from 'vitest';
import type { ReplayResult } from '../../../src/app/replay/result.ts';
import { noEvents } from '../../../src/app/replay/counts.ts';
import type { OutputOptions } from '../../../src/output/document.ts';
import { replaySections } from '../../../src/output/replay-result.ts';
import { replayItem } from '../../../src/output/views/replay.ts';

const NOTHING: ReplayResult = {
  ...noEvents(),
  writer: { requests: 0, retries: 0, units: 0, tables: {} },
  reconciled: 0,
  checkpoint: undefined,
  reasons: [],
};

function lines(result: Partial<ReplayResult>, width?: number): string[] {
  const sections = replaySections(replayItem({ ...NOTHING, ...result }, 1.26), { width } as OutputOptions);
  return sections.flatMap((section) => ('lines' in section ? section.lines : []));
}

describe('the result of a replay for people', () => {
  const result: Partial<ReplayResult> = {
    read: 5,
    applied: 3,
    rejected: 2,
    binary: 1,
    actions: { on_message_publish: 3 },
    checkpoint: '/tmp/a.checkpoint',
    writer: { requests: 2, retries: 0, units: 7, tables: { mqtt_msg: { put: 3, update: 0, delete: 0 } } },
  };

  it('is five lines without a zero', () => {
    expect(lines(result)).toEqual([
      'events      5 read, 3 applied, 2 rejected, 1 binary payload',
      'actions     on_message_publish 3',
      'writes      mqtt_msg put 3',
      'cost        2 requests, 7 write units, 1.3 s',
      'checkpoint  /tmp/a.checkpoint',
    ]);
  });

  it('goes on under its label where the terminal is narrow', () => {
    expect(lines(result, 40)[0]).toBe('events      5 read, 3 applied, 2\n            rejected, 1 binary payload');
  });

  it('of nothing is two lines', () => {
    expect(lines({})).toEqual(['events      none', 'cost        1.3 s']);
  });
});
