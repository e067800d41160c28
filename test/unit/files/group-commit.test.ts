import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { GroupCommit } from '../../../src/files/group-commit.ts';

it('items that come while a group is on its way share the next one, in order', async () => {
  const groups: number[][] = [];
  const commits = new GroupCommit<number>(async (items) => {
    groups.push([...items]);
    await delay(5);
  });
  const first = commits.add(1);
  await delay(1);
  expect(commits.isIdle).toBe(false);
  await Promise.all([first, commits.add(2), commits.add(3)]);
  expect(groups).toEqual([[1], [2, 3]]);
  await commits.idle();
  expect(commits.isIdle).toBe(true);
});

it('a group is bounded, and one item is a group however large', async () => {
  const groups: number[][] = [];
  const commits = new GroupCommit<number>(
    async (items) => void groups.push([...items]),
    (items) => items.reduce((sum, item) => sum + item, 0) <= 10,
  );
  await Promise.all([50, 4, 6, 1].map((item) => commits.add(item)));
  expect(groups).toEqual([[50], [4, 6], [1]]);
});

it('a fault is that of its group alone', async () => {
  const commits = new GroupCommit<number>(async ([item]) => {
    await delay(1);
    if (item === 1) throw new Error('disk');
  });
  const bad = commits.add(1);
  await delay(0);
  const results = await Promise.allSettled([bad, commits.add(2)]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
});
