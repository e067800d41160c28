import { describe, expect, it } from 'vitest';
import Replay from '../../src/commands/replay.ts';
import Scan from '../../src/commands/scan.ts';
import { among, dataSuite, line, odd } from '../harness/data-suite.ts';
import { scanAll } from '../harness/memory-engine.ts';
import { runCommand } from '../harness/run-command.ts';

const { replay, expectRejected, expectApplied } = dataSuite();

describe('the text of a line', () => {
  describe('D8 bytes that are not UTF-8 in a payload', () => {
    const raw = Buffer.concat([
      Buffer.from(JSON.stringify(odd()).replace(/"payload":".*?"/, '"payload":"a')),
      Buffer.from([0xff, 0xfe]),
    ]);
    const text = JSON.stringify(odd());
    const cut = text.indexOf('"payload":"') + '"payload":"'.length;
    const bad = Buffer.concat([
      Buffer.from(text.slice(0, cut)),
      Buffer.from([0x61, 0xff, 0xfe]),
      Buffer.from(`${text.slice(text.indexOf('"', cut))}\n`),
    ]);

    it('are a reject that keeps the exact bytes', async () => {
      expect(raw.length).toBeGreaterThan(0);
      const { fixture } = await expectRejected(bad, 'utf8');
      const [rejected] = fixture.recording.rejected() as unknown as { raw_b64: string }[];
      expect(Buffer.from(rejected!.raw_b64, 'base64')).toEqual(bad.subarray(0, -1));
    });

    it('become U+FFFD with replace, and are counted', async () => {
      const { result } = await expectApplied(bad, odd({ payload: 'a\ufffd\ufffd' }), { binaryPayload: 'replace' });
      expect(result?.binary).toBe(1);
    });

    it('stay bytes with binary, and are counted', async () => {
      const { code, result, fixture } = await replay(among(bad), { binaryPayload: 'binary' });
      expect([code, result?.binary]).toEqual([0, 1]);
      const stored = (await scanAll(fixture.direct, `${fixture.prefix}mqtt_msg`)).find((item) => 'B' in item['payload']!);
      expect(stored?.['payload']).toEqual({ B: Buffer.from([0x61, 0xff, 0xfe]).toString('base64') });
    });
  });

  it('D9 an escaped lone surrogate: unpaired_surrogate', () =>
    expectRejected(`${JSON.stringify(odd()).replace('payload 9000', '\\ud800')}\n`, 'unpaired_surrogate'));

  it('D10 U+2028, U+2029 and U+0085 in strings: stored as they are', async () => {
    const event = odd({ topic: 'a\u2028b', clientid: 'c\u0085d', payload: '\u2028\u2029\u0085' });
    await expectApplied(line(event), event);
  });

  it('D11 a line over the cap: line_too_long with its length and digest', async () => {
    const long = line(odd({ payload: 'x'.repeat(6 << 20) }));
    const { fixture } = await expectRejected(long, 'line_too_long', /\d+ bytes/);
    const [rejected] = fixture.recording.rejected() as unknown as { raw_bytes: number; sha256: string; raw: string }[];
    expect(rejected).toMatchObject({ raw_bytes: long.length - 1, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
    expect(rejected!.raw.length).toBe(4_096);
  });

  it('D22 a whole number over 2^53: unsafe_number', () =>
    expectRejected(
      `${JSON.stringify(odd()).replace(/"publish_received_at":\d+/, '"publish_received_at":9007199254740993')}\n`,
      'unsafe_number',
    ));

  it('D22 a text of digits where a number is stored: exact up to 38 digits, then number_range', async () => {
    const text = (digits: string) =>
      `${JSON.stringify(odd()).replace(/"publish_received_at":\d+/, `"publish_received_at":"${digits}"`)}\n`;
    for (const digits of ['9007199254740993', '12345678901234567890123456789012345678']) {
      const { code, fixture } = await replay(among(text(digits)), { timeUnit: 'ms' });
      expect(code).toBe(0);
      const stored = await scanAll(fixture.direct, `${fixture.prefix}mqtt_msg`);
      expect(stored.map(({ arrived }) => arrived)).toContainEqual({ N: digits });
    }
    await expectRejected(text('1'.repeat(39)), 'number_range', /more than 38 digits/);
  });

  it.each(['1e400', '-1', '1'.repeat(39)])('D23 the number %s: number_range', async (digits) => {
    const text = JSON.stringify(odd()).replace(/"publish_received_at":\d+/, `"publish_received_at":${digits}`);
    await expectRejected(`${text}\n`, 'number_range');
  });

  it('D23 -0 is stored as 0', async () => {
    const text = JSON.stringify(odd()).replace(/"publish_received_at":\d+/, '"publish_received_at":-0');
    await expectApplied(`${text}\n`, odd({ publish_received_at: 0 }));
  });

  it('D24 control characters: stored byte for byte, shown as visible escapes', async () => {
    const nasty = '\u001b[2J\u001b]8;;http://x\u0007\r\u009b\u202e\u200b';
    const event = odd({ topic: `t${nasty}`, clientid: `c${nasty}`, payload: nasty });
    const { fixture } = await expectApplied(line(event), event);
    const { stdout } = await runCommand(Scan, ['mqtt_msg', '--filter', "sender >= 'c' and sender < 'd'", ...fixture.target], {
      columns: 200,
    });
    expect(stdout).toContain('\\x1b');
    expect(stdout).toContain('\\u202e');
    // eslint-disable-next-line no-control-regex
    expect(stdout.replace(/\u001b\[[0-9;]*m/g, '')).not.toMatch(/[\u001b\u0007\r\u009b\u202e\u200b]/);
    const named = await runCommand(Replay, [`/none${nasty}`, ...fixture.target]);
    expect([named.code, named.stderr]).toEqual([4, expect.stringContaining('/none\\x1b[2J') as string]);
    // eslint-disable-next-line no-control-regex
    expect(named.stderr).not.toMatch(/[\u001b\u0007\r\u009b\u202e\u200b]/);
    const json = await runCommand(Scan, ['mqtt_msg', '--json', ...fixture.target]);
    expect((JSON.parse(json.stdout) as { items: { topic: string }[] }).items.map(({ topic }) => topic)).toContain(event.topic);
  });

  it('D25 __proto__ and its like as keys: ignored, no prototype changed', async () => {
    const before = Object.getOwnPropertyNames(Object.prototype).sort();
    const text = JSON.stringify(odd()).replace(
      '{',
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"hasOwnProperty":1,',
    );
    await expectApplied(`${text}\n`, odd());
    expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(before);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('D26 a million brackets: too_deep', () =>
    expectRejected(`{"event":"message.publish","payload":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}\n`, 'too_deep'));

  it('D27 a key twice in one event: the last one wins; with --strict duplicate_key', async () => {
    const twice = `${JSON.stringify(odd()).replace('{', '{"topic":"first",')}\n`;
    await expectApplied(twice, odd());
    await expectRejected(twice, 'duplicate_key', /topic/, { strict: true });
  });
});
