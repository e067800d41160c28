import { afterAll, beforeAll, expect, it } from 'vitest';
import { TABLES } from '../../src/domain/records/tables.ts';
import { fakePlant, itemsIn } from '../harness/aws-run.ts';
import type { FakeAws } from '../harness/fake-aws.ts';
import { ended, makeUser, runBin, startBin } from '../harness/run-bin.ts';

const user = makeUser();
let aws: FakeAws;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  aws = await fakePlant();
  env = { AWS_ENDPOINT_URL_S3: aws.endpoint, AWS_ENDPOINT_URL_DYNAMODB: aws.endpoint, AWS_REGION: 'eu-west-1' };
});
afterAll(async () => {
  user.remove();
  await aws.close();
});

it('the built program exports to S3 and makes new tables of it', async () => {
  const exported = await runBin(user, ['export', '--native', 's3://plant/emqx', '--json'], { env });
  expect([exported.code, exported.stderr]).toEqual([0, expect.stringMatching(/^6 exports as of \S+\n$/)]);
  const argv = ['import', '--native', 's3://plant/emqx', '--table-prefix', 'new-', '--json'];
  const imported = await runBin(user, argv, { env });
  expect(imported.code).toBe(0);
  expect(itemsIn({ ...imported, code: 0, raised: undefined })).toHaveLength(6);
  for (const table of TABLES) expect(aws.items(`new-${table}`)).toHaveLength(aws.items(table).length);
});

it('Ctrl-C ends the wait at once, the job goes on', async () => {
  aws.looks = 100_000;
  const child = startBin(user, ['export', 'mqtt_msg', '--native', 's3://plant/again'], { env });
  const result = ended(child);
  const before = aws.exports.length;
  while (aws.exports.length === before || aws.calls.at(-1)?.operation !== 'DescribeExport') {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const asked = performance.now();
  child.kill('SIGINT');
  const { signal, stderr } = await result;
  expect([signal, stderr]).toEqual(['SIGINT', expect.stringContaining('the jobs go on in AWS')]);
  expect(performance.now() - asked).toBeLessThan(3_000);
});
