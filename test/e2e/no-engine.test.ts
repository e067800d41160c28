import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryEngine } from '../harness/memory-engine.ts';
import { ROOT } from '../harness/root.ts';
import { makeUser, runBin } from '../harness/run-bin.ts';

/** The built program in a folder without `dynalite`, as npm leaves it where the engine's native store cannot be built. */
const user = makeUser();
const bare = join(user.folder, 'bare');
const packages = join(bare, 'node_modules');
const MESSAGE = `mqdyn: E_UNSUPPORTED: no embedded engine on this platform (${process.platform}-${process.arch}).`;
const HINT = 'Use DynamoDB Local or another DynamoDB: --endpoint-url http://127.0.0.1:8000';

const mqdyn = (...args: string[]) => runBin(user, `"${process.execPath}" ${join(bare, 'bin/run.js')} ${args.join(' ')}`);

beforeAll(() => {
  mkdirSync(bare);
  for (const path of ['bin', 'dist', 'schemas', 'package.json', 'oclif.manifest.json']) {
    cpSync(join(ROOT, path), join(bare, path), { recursive: true });
  }
});
afterAll(() => user.remove());

/** A package that cannot be loaded; `node-gyp-build` throws like this, without a code, where there is no binary. */
function addBrokenEngine() {
  mkdirSync(join(packages, 'dynalite'), { recursive: true });
  writeFileSync(join(packages, 'dynalite/index.js'), `throw new Error('No native build was found for platform=plan9');`);
}

describe.each([
  ['is not installed', () => rmSync(packages, { recursive: true, force: true })],
  ['has no native build', addBrokenEngine],
])('where the embedded engine %s', (_, prepare) => {
  beforeAll(prepare);

  it.each([
    ['named', ['tables', 'create', '--endpoint-url', 'local']],
    ['the last resort', ['tables', 'list']],
    ['written by a replay', ['replay', '-']],
  ])('says so and what to use instead when it is %s', async (__, args) => {
    const { code, stdout, stderr } = await mqdyn(...args);
    expect([code, stdout]).toEqual([11, '']);
    expect(stderr).toContain(MESSAGE);
    expect(stderr).toContain(HINT);
    expect(stderr).not.toContain('E_BUG');
  });

  it('works on another engine', async () => {
    const engine = await memoryEngine();
    try {
      const { code, stdout } = await mqdyn('tables', 'create', 'mqtt_msg', '--json', '--endpoint-url', engine.endpoint);
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ items: [{ table: 'mqtt_msg', status: 'created' }] });
    } finally {
      await engine.stop();
    }
  });

  it('tells its version and its commands', async () => {
    expect((await mqdyn('--version')).code).toBe(0);
    expect((await mqdyn('help')).code).toBe(0);
  });
});
