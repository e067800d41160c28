import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ROOT } from '../harness/root.ts';
import { makeUser, runBin } from '../harness/run-bin.ts';

const user = makeUser();
afterAll(() => user.remove());

const mainJob = (folder: string, env = {}) => runBin(user, `cd '${ROOT}' && node test/main-job/main-job.js '${folder}'`, { env });

it('goes from nothing to stored rows, and a second time over the result', async () => {
  const folder = join(user.folder, 'start');
  for (const _ of [1, 2]) {
    const { code, stdout, stderr } = await mainJob(folder);
    expect(code).toBe(0);
    expect(stdout.match(/^\$ mqdyn .*/gm)?.map((line) => line.split(' ').slice(2, 4).join(' '))).toEqual([
      'tables create',
      'subscribe test-dynamo',
      expect.stringMatching(/^replay .*mosquitto-2\.0\.11\.jsonl$/) as string,
      'tables list',
      'scan mqtt_msg',
      'subs test-dynamo',
    ]);
    expect(stdout.match(/ created$/gm)).toHaveLength(6);
    expect(stdout).toMatch(/^events +400 read, 311 applied, 24 superseded, 65 skipped/m);
    expect(stdout).toMatch(/^actions +on_message_publish 310, on_message_retain 35, on_retain_delete 25$/m);
    expect(stdout).toMatch(/^test-dynamo +plant\/a\/temp +1$/m);
    expect(stdout).toContain(`MQDYN_DATA_DIR=${folder}`);
    expect(stderr).toContain('read 400 = applied 311 + superseded 24 + skipped 65 + rejected 0');
  }
  const { stdout } = await runBin(user, [
    'scan',
    'mqtt_msg',
    '--count',
    '--json',
    '--endpoint-url',
    'local',
    '--data-dir',
    folder,
  ]);
  expect(JSON.parse(stdout)).toMatchObject({ count: 310 });
});

it('fails when a step fails', async () => {
  const { code, stdout, stderr } = await mainJob(join(user.folder, 'start'), { MQDYN_SCHEMA_DIR: '/nowhere' });
  expect(code).toBe(4);
  expect(stdout.match(/^\$ mqdyn .*/gm)).toEqual(['$ mqdyn tables create']);
  expect(stderr).toContain('This step ended with exit code 4');
});
