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
    (item) => item,
    10,
  );
  await Promise.all([50, 4, 6, 1].map((item) => commits.add(item)));
  expect(groups).toEqual([[50], [4, 6], [1]]);
});

it('takes a group together in one look at each item, however many wait', async () => {
  let looks = 0;
  const commits = new GroupCommit<number>(
    async () => undefined,
    () => {
      looks += 1;
      return 1;
    },
    1_000,
  );
  await Promise.all(Array.from({ length: 10_000 }, (_, item) => commits.add(item)));
  expect(looks).toBeLessThan(10_000 + 20);
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
