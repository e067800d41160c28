import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import Export from '../../src/commands/export.ts';
import { fakePlant, itemsIn, runOn } from '../harness/aws-run.ts';
import type { FakeAws } from '../harness/fake-aws.ts';

let aws: FakeAws;
beforeEach(async () => {
  aws = await fakePlant();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await aws.close();
});

const run = (...argv: string[]) => runOn(aws, Export, argv);

describe('export --native', () => {
  it('smoke', async () => {
    const r = await run('--native', 's3://plant/emqx', '--json');
    console.log(r.stderr, r.stdout, r.code, [...aws.objects('plant').keys()]);
    expect(itemsIn(r)).toHaveLength(6);
  });
});
