import { chmodSync, chownSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import Replay from '../../src/commands/replay.ts';
import { expectEnd, start } from '../harness/built.ts';
import { isWrite } from '../harness/fault-proxy.ts';
import { usualLog, type ReplayFixture } from '../harness/replay-fixture.ts';
import { replaySuite } from '../harness/replay-suite.ts';
import { runCommand } from '../harness/run-command.ts';

const LOG = usualLog(200);
const suite = replaySuite();
const open = (content: Parameters<typeof suite.open>[0] = LOG) => suite.open(content);

/** Runs something as a user whom file modes apply to, which is not root. */
async function unprivileged<T>(fixture: ReplayFixture, run: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return run();
  chmodSync(fixture.folder.path, 0o755);
  process.seteuid!(65_534);
  try {
    return await run();
  } finally {
    process.seteuid!(0);
  }
}

describe('permissions', () => {
  it('A1 no credentials: exit 6 within 3 s; loopback needs none', async () => {
    const fixture = await open();
    const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE', 'AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE'];
    const before = Object.fromEntries(names.map((name) => [name, process.env[name]]));
    for (const name of names) delete process.env[name];
    process.env['AWS_CONFIG_FILE'] = process.env['AWS_SHARED_CREDENTIALS_FILE'] = '/nonexistent';
    const started = Date.now();
    const args = [fixture.recording.file, '--endpoint-url', 'https://mqdyn.invalid', '--region', 'local'];
    const { code, stderr } = await runCommand(Replay, args);
    for (const name of names) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
    expect([code, stderr]).toEqual([6, expect.stringContaining('E_CREDENTIALS: none found for local') as string]);
    expect(Date.now() - started).toBeLessThan(3_000);
    expect((await fixture.command()).code).toBe(0);
  });

  it.each(['UnrecognizedClientException', 'InvalidSignatureException'])(
    'A2 %s: exit 6, no file created, the key named by its last four characters',
    async (name) => {
      const fixture = await open();
      fixture.proxy.plan = () => ({ kind: 'error', name });
      const credentials = join(fixture.folder.path, 'credentials');
      writeFileSync(credentials, '[own]\naws_access_key_id = AKIAEXAMPLE12345\naws_secret_access_key = mqdynsecret\n');
      const { file, rejects, checkpoint } = fixture.recording;
      const args = ['replay', file, '--rejects', rejects, '--checkpoint', checkpoint, ...fixture.target, '--profile', 'own'];
      const { stderr } = await expectEnd(start(args, { env: { AWS_SHARED_CREDENTIALS_FILE: credentials } }).ended, 6);
      expect(stderr).toContain(`refused the credentials (${name}, profile "own", key id ...2345)`);
      expect(stderr).not.toMatch(/AKIA|mqdynsecret/);
      fixture.proxy.reset();
      await fixture.expectUntouched();
    },
  );

  /** One table is denied in the middle of a run: it stops without a reject, and goes on when it may. */
  async function expectDenied(said: string): Promise<void> {
    const fixture = await open();
    const fault = { kind: 'error', name: 'AccessDeniedException', message: said } as const;
    let calls = 0;
    fixture.proxy.plan = ({ tables, operation }) =>
      isWrite(operation) && tables[0]!.endsWith('mqtt_acked') && (calls += 1) > 2 ? fault : undefined;
    const { code, error } = await fixture.replay();
    expect([code, error?.code]).toEqual([6, 'E_DENIED']);
    expect(error?.message).toBe(`dynamodb:BatchWriteItem on ${fixture.prefix}mqtt_acked: ${said}`);
    await fixture.expectResumable();
  }

  it('A3 one table is denied in the middle: exit 6, stops, no reject', () => expectDenied('not authorised'));

  it('A5 the key of one table (KMS) is denied in the middle: exit 6, stops, no reject', () =>
    expectDenied('The ciphertext refers to a key that this principal may not use (KMS)'));

  it('A4 DescribeTable denied: exit 6; with --no-preflight the writes are made', async () => {
    const fixture = await open();
    fixture.proxy.plan = ({ operation }) =>
      operation === 'DescribeTable' ? { kind: 'error', name: 'AccessDeniedException' } : undefined;
    const { code, stderr } = await fixture.command();
    expect([code, stderr]).toEqual([6, expect.stringContaining('dynamodb:DescribeTable') as string]);
    expect(stderr).toContain('--no-preflight');
    await fixture.expectUntouched();
    expect((await fixture.command(['--no-preflight'])).code).toBe(0);
    await fixture.expectEqual();
  });

  it('A6 the input is missing, is a folder, or may not be read: exit 4, path and errno', async () => {
    const fixture = await open();
    const missing = join(fixture.folder.path, 'missing');
    const gone = await runCommand(Replay, [missing, ...fixture.target]);
    expect([gone.code, gone.stderr]).toEqual([4, expect.stringContaining(`${missing} cannot be read (ENOENT)`) as string]);
    const folder = await runCommand(Replay, [fixture.folder.path, ...fixture.target]);
    expect([folder.code, folder.stderr]).toEqual([4, expect.stringContaining('is a directory') as string]);
    const { file } = fixture.recording;
    chmodSync(file, 0);
    const closed = await unprivileged(fixture, () => fixture.command());
    expect([closed.code, closed.stderr]).toEqual([4, expect.stringContaining(`${file} cannot be read (EACCES)`) as string]);
    await fixture.expectUntouched();
  });

  it.each(['--rejects', '--checkpoint'])('A7 the folder of %s is not there: exit 8 before the first write', async (flag) => {
    const fixture = await open();
    const path = join(fixture.folder.path, 'missing', 'file');
    const { code, stderr } = await fixture.command([flag, path]);
    expect(code).toBe(8);
    expect(stderr).toMatch(/E_OUTPUT: cannot write .*missing.*\(ENOENT\)/);
    expect(fixture.proxy.calls['BatchWriteItem']).toBeUndefined();
    expect(await fixture.rows()).toEqual([]);
  });

  it.each(['--rejects', '--checkpoint'])(
    'A7 the folder of %s may not be written: exit 8 before the first write',
    async (flag) => {
      const fixture = await open();
      expect((await fixture.command()).code).toBe(0);
      fixture.proxy.reset();
      const folder = join(fixture.folder.path, 'closed');
      mkdirSync(folder, { mode: 0o555 });
      const own = join(fixture.folder.path, 'own');
      mkdirSync(own);
      chmodSync(own, 0o777);
      const path = join(folder, 'file');
      const other = flag === '--rejects' ? ['--checkpoint', join(own, 'file')] : ['--rejects', join(own, 'file')];
      const { code, stderr } = await unprivileged(fixture, () => fixture.command([flag, path, ...other]));
      expect([code, stderr]).toEqual([8, expect.stringMatching(/E_OUTPUT: cannot write .*closed.*\(EACCES\)/) as string]);
      expect(fixture.proxy.history.filter(({ operation }) => isWrite(operation))).toEqual([]);
    },
  );

  describe.each(['rejects', 'checkpoint'] as const)('A8 the file for the %s', (which) => {
    const expectRefused = async (fixture: ReplayFixture, why: string) => {
      const { code, stderr } = await fixture.command();
      expect([code, stderr]).toEqual([11, expect.stringContaining(`${fixture.recording[which]} ${why}`) as string]);
      expect(fixture.proxy.history.filter(({ operation }) => isWrite(operation))).toEqual([]);
    };

    it('is a link: exit 11, and what it leads to stays as it is', async () => {
      const fixture = await open();
      const elsewhere = join(fixture.folder.path, 'elsewhere');
      writeFileSync(elsewhere, '');
      symlinkSync(elsewhere, fixture.recording[which]);
      await expectRefused(fixture, 'is a symbolic link');
      expect(readFileSync(elsewhere, 'utf8')).toBe('');
    });

    it.each([0o666, 0o660, 0o602])('is writable by others (mode %o): exit 11', async (mode) => {
      const fixture = await open();
      writeFileSync(fixture.recording[which], '');
      chmodSync(fixture.recording[which], mode);
      await expectRefused(fixture, `is writable by others (mode ${mode.toString(8)})`);
    });

    it.runIf(process.getuid?.() === 0)('belongs to another user: exit 11', async () => {
      const fixture = await open();
      writeFileSync(fixture.recording[which], '');
      chownSync(fixture.recording[which], 65_534, 65_534);
      await expectRefused(fixture, 'belongs to another user');
    });

    it('is a folder: exit 8', async () => {
      const fixture = await open();
      mkdirSync(fixture.recording[which]);
      const { code, stderr } = await fixture.command();
      expect([code, stderr]).toEqual([8, expect.stringContaining(`${fixture.recording[which]} (EISDIR)`) as string]);
      expect(await fixture.rows()).toEqual([]);
    });
  });
});
