import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../../harness/root.ts';

it('every flag that a replay sets for its heap is one that this Node knows', () => {
  const source = readFileSync(join(ROOT, 'src/cli/heap.ts'), 'utf8');
  const flags = [...source.matchAll(/['`](--[a-z-]+=)/g)].map(([, flag]) => `${flag}1`);
  expect(flags).toHaveLength(2);
  for (const flag of flags) {
    const { status, stderr } = spawnSync(process.execPath, [flag, '-e', ''], { encoding: 'utf8' });
    expect([flag, status, stderr]).toEqual([flag, 0, '']);
  }
  expect(spawnSync(process.execPath, ['--heap-growing-percentage=1', '-e', '']).status).not.toBe(0);
});
