import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import Replay from '../../src/commands/replay.ts';
import { start } from '../harness/built.ts';
import { writesFrom } from '../harness/fault-plans.ts';
import { type FaultPlan } from '../harness/fault-proxy.ts';
import { memoryEngine } from '../harness/memory-engine.ts';
import { usualLog } from '../harness/replay-fixture.ts';
import { replaySuite } from '../harness/replay-suite.ts';

const LOG = usualLog(200);
const suite = replaySuite();

const open = (plan?: FaultPlan, requestTimeoutMs?: number) =>
  suite.open(LOG, { ...(plan && { plan }), ...(requestTimeoutMs !== undefined && { requestTimeoutMs }) });

describe('who and where the endpoint is', () => {
  it('E12 expired credentials are refreshed once', async () => {
    const fixture = await open(writesFrom(5, { kind: 'error', name: 'ExpiredTokenException' }, 6));
    const { code, result } = await fixture.replay();
    expect([code, result?.writer.retries]).toEqual([0, 0]);
    const refused = fixture.proxy.history.filter(({ fault }) => fault === 'error');
    expect(refused).toHaveLength(1);
    await fixture.expectDone();
  });

  it('E12 credentials that stay expired: exit 6, no reject', async () => {
    const fixture = await open(writesFrom(30, { kind: 'error', name: 'ExpiredTokenException' }));
    const { code, error } = await fixture.replay();
    expect([code, error?.code]).toEqual([6, 'E_CREDENTIALS']);
    expect(error?.message).toContain('the session token has expired');
    expect(error?.hint).toMatch(/Renew it.*--resume/);
    await fixture.expectResumable();
  });

  it('E13 the local clock is one hour off, replies carry a Date: exit 0', async () => {
    const ahead = 3_600_000;
    const signedAt = (headers: Record<string, unknown>) =>
      Date.parse(String(headers['x-amz-date']).replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
    const fixture = await open(({ headers }) =>
      Math.abs(Date.now() + ahead - signedAt(headers)) < 300_000
        ? undefined
        : { kind: 'error', name: 'InvalidSignatureException', message: 'Signature expired: it is now too late' },
    );
    fixture.proxy.clockAhead = ahead;
    const { code, error } = await fixture.replay({ concurrency: 2 });
    expect([code, error]).toEqual([0, undefined]);
    await fixture.expectDone();
  });

  it('E13 the local clock is far off, replies carry no Date: exit 6, no file created', async () => {
    const expired = 'Signature expired: 20240101T000000Z is now earlier than 20240101T004600Z (20240101T010100Z - 15 min.)';
    const fixture = await open(() => ({ kind: 'error', name: 'InvalidSignatureException', message: expired }));
    fixture.proxy.clockAhead = undefined;
    const { code, error } = await fixture.replay();
    expect([code, error?.code]).toEqual([6, 'E_CLOCK']);
    expect(error?.message).toBe(`this clock and that of local at ${fixture.proxy.url} differ by 61 min`);
    fixture.proxy.reset();
    await fixture.expectUntouched();
  });

  it.each([301, 302, 307, 407, 413])('E14 HTTP %d at the start: exit 4, redirects are not followed', async (status) => {
    const location = status < 400 ? 'http://127.0.0.1:9/elsewhere' : undefined;
    const fixture = await open(() => ({ kind: 'redirect', status, ...(location === undefined ? {} : { location }) }));
    const { code, stderr } = await fixture.command();
    expect(code).toBe(4);
    expect(stderr).toContain('E_PROTOCOL');
    if (location !== undefined) expect(stderr).toContain(`redirected to ${location}; redirects are not followed`);
    fixture.proxy.reset();
    await fixture.expectUntouched();
  });

  it('E15 TLS to a plain port: exit 4', async () => {
    const fixture = await open();
    const { code, stderr } = await fixture.command(['--endpoint-url', fixture.proxy.url.replace('http:', 'https:')]);
    expect([code, stderr]).toEqual([
      4,
      expect.stringMatching(/E_TLS: .*\(EPROTO\)\. Use http:\/\/ .* NODE_EXTRA_CA_CERTS/) as string,
    ]);
    await fixture.expectUntouched();
  });

  it('E15 an untrusted certificate: exit 4, and no flag skips the check', async () => {
    const fixture = await open();
    const secure = await memoryEngine({ ssl: true });
    const { code, stderr } = await fixture.command(['--endpoint-url', secure.endpoint]);
    await secure.stop();
    expect([code, stderr]).toEqual([4, expect.stringContaining('E_TLS') as string]);
    await fixture.expectUntouched();
    expect(Object.keys(Replay.flags).filter((name) => /insecure|verify-(tls|ssl|cert)/.test(name))).toEqual([
      'allow-insecure-endpoint',
    ]);
  });

  it('E15 an expired certificate of a trusted authority: exit 4', async () => {
    const fixture = await open();
    // the engine's own certificate was issued in 2015 for three years
    const secure = await memoryEngine({ ssl: true });
    const { file, rejects, checkpoint } = fixture.recording;
    const target = ['--endpoint-url', secure.endpoint.replace('127.0.0.1', 'localhost'), '--region', 'local'];
    const authority = join(dirname(createRequire(import.meta.url).resolve('dynalite')), 'ssl/ca-crt.pem');
    const args = ['replay', file, '--rejects', rejects, '--checkpoint', checkpoint, ...target];
    const { code, stderr } = await start(args, { env: { NODE_EXTRA_CA_CERTS: authority } }).ended;
    await secure.stop();
    expect([code, stderr]).toEqual([4, expect.stringMatching(/E_TLS: .*\(CERT_HAS_EXPIRED\)/) as string]);
    await fixture.expectUntouched();
  });

  it('E16 plain http to another host: exit 11 before any packet', async () => {
    const fixture = await open();
    const env = { AWS_ACCESS_KEY_ID: 'mqdyn', AWS_SECRET_ACCESS_KEY: 'mqdyn' };
    const connections = vi.spyOn(Socket.prototype, 'connect');
    const { code, stderr } = await fixture.command(['--endpoint-url', 'http://192.0.2.7:8000'], { env });
    const packets = connections.mock.calls.length;
    connections.mockRestore();
    const sentence = 'E_ENDPOINT_UNSAFE: would send AWS credentials and all data unencrypted to 192.0.2.7:8000';
    expect([code, stderr]).toEqual([11, expect.stringContaining(sentence) as string]);
    expect(stderr).toContain('Use https, or --allow-insecure-endpoint.');
    expect(packets).toBe(0);
    await fixture.expectUntouched();
  });

  it.each(['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_DYNAMODB', 'the AWS profile'])(
    'E17 the endpoint comes from %s: both are printed',
    async (source) => {
      const fixture = await open();
      const { file, rejects, checkpoint } = fixture.recording;
      const config = join(fixture.folder.path, 'config');
      const keys = 'aws_access_key_id = mqdyn\naws_secret_access_key = mqdyn\n';
      writeFileSync(config, `[profile own]\nregion = local\nendpoint_url = ${fixture.proxy.url}\n${keys}`);
      const env =
        source === 'the AWS profile'
          ? { AWS_PROFILE: 'own', AWS_CONFIG_FILE: config }
          : { [source]: fixture.proxy.url, AWS_REGION: 'local' };
      const args = ['replay', file, '--rejects', rejects, '--checkpoint', checkpoint, '--table-prefix', fixture.prefix];
      const { code, stderr } = await start(args, { env }).ended;
      expect([code, stderr]).toEqual([0, stderr]);
      expect(stderr).toContain(`Writing to: ${fixture.proxy.url}, local (set by ${source})`);
      expect(fixture.recording.saved()).toMatchObject({ done: true, target: { label: `local at ${fixture.proxy.url}` } });
      await fixture.expectEqual();
    },
  );

  it.each(['127.0.0.1:8000', 'http://user:pw@127.0.0.1:8000', 'ftp://127.0.0.1:8000'])('E18 endpoint %s: exit 2', async (url) => {
    const fixture = await open();
    const { code, stderr } = await fixture.command(['--endpoint-url', url]);
    const sentence = '--endpoint-url must be local or http(s)://host[:port] without user:password';
    expect([code, stderr]).toEqual([2, expect.stringContaining(`E_USAGE: ${sentence}`) as string]);
    expect(stderr).not.toContain('user:pw@');
    await fixture.expectUntouched();
  });
});
