import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { replayOptions } from '../../../src/cli/replay-flags.ts';
import { DEFAULT_RULES } from '../../../src/domain/hooks/rules.ts';
import { temporaryFolder } from '../../harness/run-command.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const file = join(folder.path, 'events.jsonl');
writeFileSync(file, '{}\n');

/** Where a replay with these flags writes its rejects and its checkpoint. */
async function names(flags: { shard?: string; rejects?: string; checkpoint?: string }, input = file): Promise<unknown[]> {
  const { rejects, checkpoint } = await replayOptions([input], { ...flags } as never, DEFAULT_RULES);
  return [rejects, checkpoint?.path];
}

describe('names of the reject file and the checkpoint', () => {
  it('are made from the first input', async () => {
    expect(await names({})).toEqual(['events.jsonl.rejects.jsonl', 'events.jsonl.checkpoint']);
    expect(await names({}, '-')).toEqual([expect.stringMatching(/^stdin-\d{8}T\d{6}Z-\d+\.rejects\.jsonl$/), undefined]);
  });

  it('differ between the shards of one recording in one folder', async () => {
    expect(await names({ shard: '1/3' })).toEqual([
      'events.jsonl.shard-1-of-3.rejects.jsonl',
      'events.jsonl.shard-1-of-3.checkpoint',
    ]);
    expect(await names({ shard: '03/3' })).toEqual([
      'events.jsonl.shard-3-of-3.rejects.jsonl',
      'events.jsonl.shard-3-of-3.checkpoint',
    ]);
    expect(await names({ shard: '1/3' }, '-')).toEqual([
      expect.stringMatching(/^stdin\.shard-1-of-3-\d{8}T\d{6}Z-\d+\.rejects\.jsonl$/),
      undefined,
    ]);
  });

  it('are those that were named, whatever the shard', async () => {
    expect(await names({ shard: '1/3', rejects: 'r', checkpoint: 'c' })).toEqual(['r', 'c']);
  });

  it('are not made for an invalid shard', async () => {
    await expect(names({ shard: '4/3' })).rejects.toMatchObject({ code: 'E_USAGE' });
  });
});
