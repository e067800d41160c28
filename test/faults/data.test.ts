import { createHash } from 'node:crypto';
import { appendFileSync, copyFileSync, linkSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ReplayFilesOptions } from '../../src/app/replay/write-replay.ts';
import Replay from '../../src/commands/replay.ts';
import Scan from '../../src/commands/scan.ts';
import Subscribe from '../../src/commands/subscribe.ts';
import { encodeMsgid } from '../../src/domain/mqtt/msgid.ts';
import { measured } from '../harness/built.ts';
import type { Ended } from '../harness/replay-run.ts';
import { memoryEngine, scanAll, type MemoryEngine } from '../harness/memory-engine.ts';
import { ROOT, runCommand } from '../harness/run-command.ts';
import { ack, messageIdOf, publish, Scene, usualLog } from '../harness/scene.ts';
import { comparableRows, ReferenceModel, type RuleEvent } from '../model/reference-model.ts';

const GOOD = usualLog(1_000);
const HALF = 500;
let engine: MemoryEngine;
let scene: Scene;

beforeAll(async () => {
  engine = await memoryEngine();
});
afterAll(() => engine.stop());
afterEach(() => scene?.close());

const line = (event: object) => Buffer.from(`${JSON.stringify(event)}\n`);
const linesOf = (events: readonly object[]) => Buffer.concat(events.map(line));

/** One line among 1,000 good ones, in the middle. */
function among(bad: string | Buffer): Buffer {
  return Buffer.concat([linesOf(GOOD.slice(0, HALF)), Buffer.from(bad as string), linesOf(GOOD.slice(HALF))]);
}

async function replay(content: string | Uint8Array, options: Partial<ReplayFilesOptions> = {}, name?: string): Promise<Ended> {
  scene = await Scene.open(engine, content, name === undefined ? {} : { name });
  return scene.replay({ window: { events: 300, bytes: 1 << 20 }, ...options });
}

/** The one bad line is rejected for this reason, and the good ones are in the tables. */
async function expectRejected(
  bad: string | Buffer,
  reason: string,
  detail: RegExp = /./,
  options: Partial<ReplayFilesOptions> = {},
): Promise<void> {
  const { code, result } = await replay(among(bad), options);
  expect([code, result?.rejected, result?.read]).toEqual([3, 1, GOOD.length + 1]);
  expect(scene.recording.rejected()).toMatchObject([{ line: HALF + 1, reason }]);
  expect(scene.recording.rejected()[0]!.detail).toMatch(detail);
  await scene.expectEqual(GOOD);
}

/** The odd line is applied like the others. */
async function expectApplied(odd: string | Buffer, event: RuleEvent, options: Partial<ReplayFilesOptions> = {}): Promise<Ended> {
  const ended = await replay(among(odd), options);
  expect([ended.code, ended.error]).toEqual([0, undefined]);
  await scene.expectEqual([...GOOD.slice(0, HALF), event, ...GOOD.slice(HALF)]);
  return ended;
}

const odd = (members: Partial<RuleEvent> = {}) => publish(9_000, { topic: 'odd', clientid: 'odd', ...members });

describe('data faults: one bad line among 1,000 good ones', () => {
  it('D1 malformed JSON: json_syntax with its column', () =>
    expectRejected('{"event":"message.publish",}\n', 'json_syntax', /column \d+/));

  it('D2 a last line without a line feed that parses: exit 0', async () => {
    const { code } = await replay(linesOf(GOOD).subarray(0, -1));
    expect(code).toBe(0);
    await scene.expectEqual(GOOD);
  });

  it('D2 a last line that is not complete: exit 3, left unread, read by --resume when it is', async () => {
    const rest = line(odd());
    const { code, error } = await replay(Buffer.concat([linesOf(GOOD), rest.subarray(0, 40)]));
    expect([code, error?.code]).toEqual([3, 'E_TAIL']);
    expect(error?.message).toContain('(40 bytes) and was left unread');
    expect(scene.recording.rejected()).toEqual([]);
    expect(scene.recording.saved()!.position.offset).toBe(linesOf(GOOD).length);
    writeFileSync(scene.recording.file, Buffer.concat([linesOf(GOOD), rest]));
    const again = await scene.resume();
    expect([again.code, again.result?.read]).toEqual([0, GOOD.length + 1]);
    await scene.expectEqual([...GOOD, odd()]);
  });

  describe('D3 a damaged gzip file', () => {
    const packed = gzipSync(linesOf(GOOD));
    const wrongCrc = Buffer.from(packed);
    wrongCrc[packed.length - 8]! ^= 1;
    it.each([
      ['cut', packed.subarray(0, packed.length >> 1), 'events before it were applied'],
      ['with a wrong checksum', wrongCrc, 'could not be verified'],
      ['with something behind it', Buffer.concat([packed, Buffer.from('garbage')]), 'is damaged at byte'],
    ])('%s: exit 3, said loudly', async (_, content, sentence) => {
      const { code, error } = await replay(content, {}, 'log.jsonl.gz');
      expect([code, error?.code]).toEqual([3, 'E_INPUT_DAMAGED']);
      expect(error?.message).toContain(sentence);
    });

    it('cut: what is before the damage is in the tables, and nothing else', async () => {
      const { error } = await replay(
        packed.subarray(0, packed.length >> 1),
        { window: { events: 5_000, bytes: 64 << 20 } },
        'x.gz',
      );
      const read = Number(/read (\d+) =/.exec(error!.detail.join())![1]);
      expect(read).toBeGreaterThan(100);
      await scene.expectEqual(GOOD.slice(0, read));
    });

    it('with --verify-input: exit 4, nothing written', async () => {
      const { code, error } = await replay(packed.subarray(0, -9), { verifyInput: true }, 'log.jsonl.gz');
      expect([code, error?.code]).toEqual([4, 'E_INPUT_DAMAGED']);
      await scene.expectUntouched();
    });

    it('that is whole, in two members: exit 0', async () => {
      const two = Buffer.concat([gzipSync(linesOf(GOOD.slice(0, HALF))), gzipSync(linesOf(GOOD.slice(HALF)))]);
      expect((await replay(two, {}, 'log.jsonl.gz')).code).toBe(0);
      await scene.expectEqual(GOOD);
    });
  });

  it('D4 CRLF: exit 0', async () => {
    const { code } = await replay(linesOf(GOOD).toString().replaceAll('\n', '\r\n'));
    expect(code).toBe(0);
    await scene.expectEqual(GOOD);
  });

  it('D5 a lone CR between tokens: exit 0', async () => {
    await expectApplied(`${JSON.stringify(odd()).replace(',', ',\r')}\n`, odd());
  });

  it('D6 a byte-order mark at the beginning: skipped; in a string: kept', async () => {
    const event = odd({ payload: '\ufeffx' });
    const { code } = await replay(Buffer.concat([Buffer.from('\ufeff'), line(event), linesOf(GOOD)]));
    expect(code).toBe(0);
    await scene.expectEqual([event, ...GOOD]);
  });

  it('D6 a byte-order mark at the beginning of a later line: json_syntax', () =>
    expectRejected(`\ufeff${JSON.stringify(odd())}\n`, 'json_syntax'));

  it.each([
    ['UTF-16', Buffer.from(linesOf(GOOD).toString(), 'utf16le')],
    ['binary', Buffer.from(Array.from({ length: 9_000 }, (_, index) => (index * 37) & 0xff))],
    ['CSV', 'clientid,topic,qos\n'.repeat(50)],
    ['HTML', '<!doctype html>\n<html>\n<body>log in</body>\n</html>\n'],
    ['more than 1,000 lines of nothing', 'nothing\n'.repeat(1_500)],
  ])('D7 %s: exit 4, nothing written', async (_, content) => {
    const { code, error } = await replay(content);
    expect([code, error?.code]).toEqual([4, 'E_NOT_A_LOG']);
    await scene.expectUntouched();
  });

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
      await expectRejected(bad, 'utf8');
      const [rejected] = scene.recording.rejected() as unknown as { raw_b64: string }[];
      expect(Buffer.from(rejected!.raw_b64, 'base64')).toEqual(bad.subarray(0, -1));
    });

    it('become U+FFFD with replace, and are counted', async () => {
      const { result } = await expectApplied(bad, odd({ payload: 'a\ufffd\ufffd' }), { binaryPayload: 'replace' });
      expect(result?.binary).toBe(1);
    });

    it('stay bytes with binary, and are counted', async () => {
      const { code, result } = await replay(among(bad), { binaryPayload: 'binary' });
      expect([code, result?.binary]).toEqual([0, 1]);
      const stored = (await scanAll(scene.direct, `${scene.prefix}mqtt_msg`)).find((item) => 'B' in item['payload']!);
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
    await expectRejected(long, 'line_too_long', /\d+ bytes/);
    const [rejected] = scene.recording.rejected() as unknown as { raw_bytes: number; sha256: string; raw: string }[];
    expect(rejected).toMatchObject({ raw_bytes: long.length - 1, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
    expect(rejected!.raw.length).toBe(4_096);
  });

  it.each([
    ['D11 a line of 300 MB', 'log.jsonl', (bytes: number) => Buffer.alloc(bytes, 0x61)],
    ['D29 a gzip bomb of 300 MB', 'log.jsonl.gz', (bytes: number) => gzipSync(Buffer.alloc(bytes, 0x61), { level: 1 })],
  ])('%s: at most 256 MB, its length, digest and first 4 KiB kept', async (_, name, make) => {
    const bytes = 300_000_000;
    const pack = name.endsWith('.gz') ? gzipSync : (text: Buffer) => text;
    const [before, after] = [
      pack(linesOf(GOOD.slice(0, HALF))),
      pack(Buffer.concat([Buffer.from('\n'), linesOf(GOOD.slice(HALF))])),
    ];
    scene = await Scene.open(engine, '', { name });
    const { file, rejects, checkpoint } = scene.recording;
    for (const part of [before, make(bytes), after]) appendFileSync(file, part);
    const args = ['replay', file, '--rejects', rejects, '--checkpoint', checkpoint, ...scene.target];
    const { code, stderr, peak } = await measured(args, join(scene.folder.path, 'peak'));
    expect([code, stderr]).toEqual([3, stderr]);
    const sha256 = createHash('sha256').update(Buffer.alloc(bytes, 0x61)).digest('hex');
    const reject = { line: HALF + 1, reason: 'line_too_long', raw_bytes: bytes, sha256, raw: 'a'.repeat(4_096) };
    expect(scene.recording.rejected()).toMatchObject([reject]);
    console.log(`${_}: peak ${Math.round(peak)} MB`);
    expect(peak).toBeLessThan(256);
    await scene.expectEqual(GOOD);
  });

  describe('D12 an item at its limit of 409,600 bytes', () => {
    const withPayload = (bytes: number) => odd({ payload: 'x'.repeat(bytes) });
    const names = 'msgidtopicsenderqosretainpayloadarrived'.length;
    const fixed = names + 47 + 3 + 3 + 2 + 1 + 6; // qos 1, retain 0, arrived of ten digits
    const size = (payload: number) => fixed + payload;
    it('and one byte over it: item_too_large, no id in the map, neighbours written', async () => {
      const most = 409_600 - size(0);
      const { code } = await replay(among(Buffer.concat([line(withPayload(most)), line(publish(9_001, { topic: 'after' }))])));
      expect(code).toBe(0);
      await scene.close();
      await expectRejected(line(withPayload(most + 1)), 'item_too_large', /409,601 > 409,600/);
      const map = comparableRows('mqtt_topic_msg_map', await scanAll(scene.direct, `${scene.prefix}mqtt_topic_msg_map`));
      expect(map.filter((row) => row.includes('"odd"'))).toEqual([]);
    });
  });

  it.each([
    ['a topic of 2,049 bytes', odd({ topic: 'ü'.repeat(1_024) + 'x' }), /mqtt_topic_msg_map\.topic 2,049 > 2,048/],
    ['a retained topic of 2,049 bytes', odd({ topic: 'x'.repeat(2_049), qos: 0, flags: { retain: true } }), /mqtt_retain\.topic/],
    ['a client id of 1,025 bytes in an ack', ack(1, { clientid: 'x'.repeat(1_025) }), /mqtt_acked\.clientid 1,025 > 1,024/],
    [
      'a client id of 2,049 bytes',
      { event: 'client.connected', clientid: 'x'.repeat(2_049), timestamp: 1 },
      /mqtt_client\.clientid 2,049 > 2,048/,
    ],
  ] as [string, RuleEvent, RegExp][])('D13 %s: key_too_long', (_, event, detail) =>
    expectRejected(line(event), 'key_too_long', detail),
  );

  it.each([
    ['c', 'x'.repeat(1_025), 'the topic filter has 1025 bytes; mqtt_sub allows 1024'],
    ['x'.repeat(2_049), 't', 'the client id has 2049 bytes; mqtt_sub allows 2048'],
  ])('D13 a subscription with a key that is too long (%#): refused, nothing written', async (clientid, filter, why) => {
    scene = await Scene.open(engine, '');
    const { code, stderr } = await runCommand(Subscribe, [clientid, filter, ...scene.target]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(why) as string]);
    expect(await scene.rows()).toEqual([]);
  });

  it('D13 keys at their limits: exit 0', async () => {
    const event = ack(1, { clientid: 'x'.repeat(1_024), topic: 'y'.repeat(2_048) });
    await expectApplied(line(event), event);
  });

  it.each([
    ['client id', { event: 'client.connected', clientid: '', timestamp: 1 }],
    ['topic', odd({ topic: '' })],
  ] as [string, RuleEvent][])('D14 an empty %s: key_empty', (_, event) => expectRejected(line(event), 'key_empty'));

  it('D15 no message id: one is made from the content, the same for the same line', async () => {
    const { id: _, ...without } = odd();
    const { code } = await replay(among(Buffer.concat([line(without), line(without)])));
    expect(code).toBe(0);
    const stored = await scanAll(scene.direct, `${scene.prefix}mqtt_msg`);
    expect(stored.filter((item) => 'S' in item['topic']! && item['topic'].S === 'odd')).toHaveLength(1);
  });

  it('D15 a message id of another type: field_type', () => expectRejected(line({ ...odd(), id: 7 }), 'field_type', /id/));

  it('D16 the same message twice: exit 0', async () => {
    const ended = await expectApplied(Buffer.concat([line(odd()), line(odd())]), odd());
    expect(ended.result?.overwritten).toBe(0);
  });

  it('D17 the same message id with different content: the last one wins and is counted', async () => {
    const both = [odd(), odd({ payload: 'other' })];
    const { code, result } = await replay(linesOf([...GOOD, ...both]));
    expect([code, result?.overwritten]).toEqual([0, 1]);
    await scene.expectEqual([...GOOD, ...both]);
  });

  it('D17 the same with --strict: msgid_conflict', async () => {
    const both = [odd(), odd({ payload: 'other' })];
    const { code } = await replay(linesOf([...GOOD, ...both]), { strict: true });
    expect(code).toBe(3);
    expect(scene.recording.rejected()).toMatchObject([{ line: GOOD.length + 2, reason: 'msgid_conflict' }]);
    await scene.expectEqual([...GOOD, both[0]!]);
  });

  it('D17 with --strict and --shard: what is a conflict is one on every shard', async () => {
    const retained = { flags: { retain: true } };
    const events = ['one', 'two', 'three'].map((payload) => odd({ ...retained, payload, topic: `odd/${payload}` }));
    scene = await Scene.open(engine, events);
    for (const index of [1, 2, 3]) {
      await scene.replay({ strict: true, shard: { index, count: 3 }, window: { events: 20, bytes: 1 << 20 } });
    }
    await scene.expectEqual(events.slice(0, 1));
  });

  it.each([
    ['every event twice', (events: readonly RuleEvent[]) => events.flatMap((event) => [event, event])],
    ['the whole file twice', (events: readonly RuleEvent[]) => [...events, ...events]],
  ])('D18 %s: exit 0, equal to one copy', async (_, twice) => {
    const { code, result } = await replay(linesOf(twice(GOOD)));
    expect([code, result?.read, result?.rejected]).toEqual([0, 2 * GOOD.length, 0]);
    await scene.expectEqual(GOOD);
  });

  it('D19 out of order: file order decides', async () => {
    const log: RuleEvent[] = [
      { event: 'client.disconnected', clientid: 'c', reason: 'normal', timestamp: 1_714_727_730_000 },
      ack(1),
      publish(1),
      ack(2),
      { event: 'client.connected', clientid: 'c', node: 'n', timestamp: 1_714_727_720_000 },
    ];
    const { code, result } = await replay(linesOf(log));
    expect(code).toBe(0);
    expect(result?.outOfOrder).toBeGreaterThan(0);
    await scene.expectEqual(log);
  });

  it('D20 a known hook without a table: skipped', async () => {
    const delivered = { ...odd(), event: 'message.delivered' };
    const { code, result } = await replay(linesOf([delivered, ...GOOD]));
    expect(code).toBe(0);
    expect(result?.skipped).toBeGreaterThan(0);
    await scene.expectEqual(GOOD);
  });

  it('D21 an unknown event: unknown_event, or skipped with --ignore-unknown', async () => {
    const unknown = line({ event: 'client.danced', clientid: 'c' });
    await expectRejected(unknown, 'unknown_event', /client\.danced/);
    await scene.close();
    expect((await replay(among(unknown), { ignoreUnknown: true })).code).toBe(0);
    await scene.expectEqual(GOOD);
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
      expect((await replay(among(text(digits)), { timeUnit: 'ms' })).code).toBe(0);
      const stored = await scanAll(scene.direct, `${scene.prefix}mqtt_msg`);
      expect(stored.map(({ arrived }) => arrived)).toContainEqual({ N: digits });
      await scene.close();
    }
    await expectRejected(text('1'.repeat(39)), 'number_range', /more than 38 digits/);
  });

  it.each(['1e400', '-1', '1'.repeat(39)])('D23 the number %s: number_range', (digits) =>
    expectRejected(
      `${JSON.stringify(odd()).replace(/"publish_received_at":\d+/, `"publish_received_at":${digits}`)}\n`,
      'number_range',
    ),
  );

  it('D23 -0 is stored as 0', async () => {
    const text = JSON.stringify(odd()).replace(/"publish_received_at":\d+/, '"publish_received_at":-0');
    await expectApplied(`${text}\n`, odd({ publish_received_at: 0 }));
  });

  it('D24 control characters: stored byte for byte, shown as visible escapes', async () => {
    const nasty = '\u001b[2J\u001b]8;;http://x\u0007\r\u009b\u202e\u200b';
    const event = odd({ topic: `t${nasty}`, clientid: `c${nasty}`, payload: nasty });
    await expectApplied(line(event), event);
    const { stdout } = await runCommand(Scan, ['mqtt_msg', '--filter', "sender >= 'c' and sender < 'd'", ...scene.target], {
      columns: 200,
    });
    expect(stdout).toContain('\\x1b');
    expect(stdout).toContain('\\u202e');
    // eslint-disable-next-line no-control-regex
    expect(stdout.replace(/\u001b\[[0-9;]*m/g, '')).not.toMatch(/[\u001b\u0007\r\u009b\u202e\u200b]/);
    const named = await runCommand(Replay, [`/none${nasty}`, ...scene.target]);
    expect([named.code, named.stderr]).toEqual([4, expect.stringContaining('/none\\x1b[2J') as string]);
    // eslint-disable-next-line no-control-regex
    expect(named.stderr).not.toMatch(/[\u001b\u0007\r\u009b\u202e\u200b]/);
    const json = await runCommand(Scan, ['mqtt_msg', '--json', ...scene.target]);
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

  it('D27 a key twice in one event: the last one wins; --strict: duplicate_key', async () => {
    const twice = `${JSON.stringify(odd()).replace('{', '{"topic":"first",')}\n`;
    await expectApplied(twice, odd());
    await scene.close();
    await expectRejected(twice, 'duplicate_key', /topic/, { strict: true });
  });

  it('D28 a topic set at its end: the same ids fit as one by one, across faults, and the message is kept', async () => {
    // topic and ids together come to 409,600 bytes at 8,714 ids
    const topic = 'testtopic';
    const row = {
      topic: { S: topic },
      MsgId: { SS: Array.from({ length: 8_711 }, (_, index) => String(index).padStart(47, 'M')) },
    };
    const log = [0, 1, 2, 3, 4, 5, 6, 7].map((index) => publish(index, { topic, payload: '' }));
    // after the set was full some ids go, and make room for later ones only
    log.splice(6, 0, ack(1, { topic }), ack(20, { topic }));
    scene = await Scene.open(engine, log, {
      plan: ({ index, operation }) =>
        operation === 'UpdateItem' && index % 3 === 0 ? { kind: 'error', name: 'InternalServerError', status: 500 } : undefined,
    });
    await scene.direct.call('BatchWriteItem', {
      RequestItems: { [`${scene.prefix}mqtt_topic_msg_map`]: [{ PutRequest: { Item: row } }] },
    });
    const { code, result } = await scene.replay({ window: { events: 20_000, bytes: 64 << 20 } });
    const model = new ReferenceModel();
    model.tables.mqtt_topic_msg_map.set(JSON.stringify([topic]), row);
    model.applyAll(log);
    expect(model.full).toEqual([3, 4, 5, 9]);
    expect([code, result?.rejected]).toEqual([3, model.full.length]);
    expect(scene.recording.rejected().map((reject) => reject.line - 1)).toEqual(model.full);
    for (const reject of scene.recording.rejected()) {
      expect(reject).toMatchObject({ reason: 'topic_set_full', table: 'mqtt_topic_msg_map', applied: ['mqtt_msg'] });
    }
    expect(await scene.rows()).toEqual(model.rows());
  });

  it('D28 the reject of a full set holds the record without a byte-order mark, and can be replayed', async () => {
    const topic = 'testtopic';
    const event = publish(0, { topic });
    scene = await Scene.open(engine, `\ufeff${JSON.stringify(event)}\r\n`);
    const set = { SS: Array.from({ length: 8_714 }, (_, index) => String(index).padStart(47, 'M')) };
    await scene.direct.call('BatchWriteItem', {
      RequestItems: { [`${scene.prefix}mqtt_topic_msg_map`]: [{ PutRequest: { Item: { topic: { S: topic }, MsgId: set } } }] },
    });
    expect((await scene.replay()).code).toBe(3);
    expect(scene.recording.rejected()).toMatchObject([{ reason: 'topic_set_full', raw: JSON.stringify(event) }]);
  });

  it('D29 a gzip bomb: read as a stream, one line too long', async () => {
    const { code, error, result } = await replay(
      Buffer.concat([gzipSync(linesOf(GOOD)), gzipSync(Buffer.alloc(64 << 20, 0x61)), gzipSync('\n')]),
      {},
      'log.jsonl.gz',
    );
    expect([code, error, result?.rejected]).toEqual([3, undefined, 1]);
    expect(scene.recording.rejected()).toMatchObject([{ reason: 'line_too_long', raw_bytes: 64 << 20 }]);
    await scene.expectEqual(GOOD);
  });

  it('D30 an empty file: exit 0, nothing read', async () => {
    const { code, result } = await replay('');
    expect([code, result?.read]).toEqual([0, 0]);
    await scene.expectEqual([]);
    expect(scene.recording.saved()).toMatchObject({ done: true });
  });

  it('D31 more rejects than --max-rejects: exit 3 early, the checkpoint stays', async () => {
    const { code, error } = await replay(Buffer.concat([linesOf(GOOD), Buffer.from('{"event":"x"}\n'.repeat(20))]), {
      maxRejects: 10,
    });
    expect([code, error?.code]).toEqual([3, 'E_TOO_MANY_REJECTS']);
    expect(scene.recording.rejected()).toHaveLength(11);
    expect(error?.hint).toBe('Raise --max-rejects.');
    expect(scene.recording.saved()).toMatchObject({ done: false });
    await scene.expectEqual(GOOD);
    const again = await scene.resume({ maxRejects: 20 });
    expect([again.code, again.result?.rejected]).toEqual([3, 20]);
    expect(scene.recording.rejected()).toHaveLength(20);
  });

  it('D32 CSV cells that a spreadsheet would run: defused, numbers are not, and raw with --csv-raw', async () => {
    const cells = ['=cmd()', '+1', '-1', '@x', '\tx', '\rx', '-"1",2', 'x='];
    await replay(linesOf(cells.map((cell, index) => odd({ id: messageIdOf(9_000 + index), topic: `${index}`, payload: cell }))));
    const read = async (...more: string[]) => {
      const args = ['mqtt_msg', '--format', 'csv', '--fields', 'topic,payload,qos', '--no-header', ...more];
      const { stdout } = await runCommand(Scan, [...args, ...scene.target]);
      return stdout
        .split(/\r\n|(?<!\r)\n/)
        .filter(Boolean)
        .sort();
    };
    const texts = ["'=cmd()", "'+1", "'-1", "'@x", "'\tx", `"'\rx"`, `"'-""1"",2"`, 'x='];
    expect(await read()).toEqual(texts.map((text, index) => `${index},${text},1`));
    const raw = ['=cmd()', '+1', '-1', '@x', '\tx', '"\rx"', '"-""1"",2"', 'x='];
    expect(await read('--csv-raw')).toEqual(raw.map((text, index) => `${index},${text},1`));
  });

  describe('D33 the reject file or the checkpoint is', () => {
    const expectRefused = async (args: string[], why: string) => {
      const { code, stderr } = await scene.command(args);
      expect([code, stderr]).toEqual([2, expect.stringContaining('E_USAGE') as string]);
      expect(stderr).toContain(why);
    };

    it('the input, under its own name or another one: exit 2', async () => {
      scene = await Scene.open(engine, GOOD);
      const { file } = scene.recording;
      const [hard, soft] = [`${file}.hard`, `${file}.soft`];
      linkSync(file, hard);
      symlinkSync(file, soft);
      for (const name of [file, relative('.', file), hard, soft]) {
        await expectRefused(['--rejects', name], `--rejects ${name} is an input of this replay`);
        await expectRefused(['--checkpoint', name], `--checkpoint ${name} would overwrite the input`);
      }
      expect(readFileSync(file)).toEqual(linesOf(GOOD));
      await scene.expectUntouched();
    });

    it('each other, or a file that the checkpoint needs: exit 2', async () => {
      scene = await Scene.open(engine, GOOD);
      const { checkpoint } = scene.recording;
      for (const name of [checkpoint, relative('.', checkpoint), `${checkpoint}.tmp`, `${checkpoint}.lock`])
        await expectRefused(['--rejects', name], 'is the checkpoint or one of the files kept beside it');
      await scene.expectUntouched();
    });

    it.each(['--rejects', '--checkpoint'])('a schema file (%s): exit 2, and it stays as it is', async (flag) => {
      scene = await Scene.open(engine, GOOD);
      const schema = join(scene.folder.path, 'mqtt_msg.json');
      copyFileSync(join(ROOT, 'schemas/mqtt_msg.json'), schema);
      await expectRefused([flag, schema], `${schema} exists and is not a`);
      expect(readFileSync(schema)).toEqual(readFileSync(join(ROOT, 'schemas/mqtt_msg.json')));
      await scene.expectUntouched();
    });
  });

  it('names ids as the tables do', () => {
    expect(encodeMsgid(BigInt(`0x${messageIdOf(1)}`))).toHaveLength(47);
  });
});
