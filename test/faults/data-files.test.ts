import { createHash } from 'node:crypto';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { measured } from '../harness/built.ts';
import { dataSuite, GOOD, HALF, line, linesOf, odd } from '../harness/data-suite.ts';

const { open, replay, expectRejected, expectApplied } = dataSuite();

describe('files and lines', () => {
  it('D1 malformed JSON: json_syntax with its column', () =>
    expectRejected('{"event":"message.publish",}\n', 'json_syntax', /column \d+/));

  it('D2 a last line without a line feed that parses: exit 0', async () => {
    const { code, fixture } = await replay(linesOf(GOOD).subarray(0, -1));
    expect(code).toBe(0);
    await fixture.expectEqual(GOOD);
  });

  it('D2 a last line that is not complete: exit 3, left unread, read by --resume when it is', async () => {
    const rest = line(odd());
    const { code, error, fixture } = await replay(Buffer.concat([linesOf(GOOD), rest.subarray(0, 40)]));
    expect([code, error?.code]).toEqual([3, 'E_TAIL']);
    expect(error?.message).toContain('(40 bytes) and was left unread');
    expect(fixture.recording.rejected()).toEqual([]);
    expect(fixture.recording.saved()!.position.offset).toBe(linesOf(GOOD).length);
    writeFileSync(fixture.recording.file, Buffer.concat([linesOf(GOOD), rest]));
    const again = await fixture.resume();
    expect([again.code, again.result?.read]).toEqual([0, GOOD.length + 1]);
    await fixture.expectEqual([...GOOD, odd()]);
  });

  describe('D3 a damaged gzip file,', () => {
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
      const { error, fixture } = await replay(
        packed.subarray(0, packed.length >> 1),
        { window: { events: 5_000, bytes: 64 << 20 } },
        'x.gz',
      );
      const read = Number(/read (\d+) =/.exec(error!.detail.join())![1]);
      expect(read).toBeGreaterThan(100);
      await fixture.expectEqual(GOOD.slice(0, read));
    });

    it('with --verify-input: exit 4, nothing written', async () => {
      const { code, error, fixture } = await replay(packed.subarray(0, -9), { verifyInput: true }, 'log.jsonl.gz');
      expect([code, error?.code]).toEqual([4, 'E_INPUT_DAMAGED']);
      await fixture.expectUntouched();
    });

    it('that is whole, in two members: exit 0', async () => {
      const two = Buffer.concat([gzipSync(linesOf(GOOD.slice(0, HALF))), gzipSync(linesOf(GOOD.slice(HALF)))]);
      const { code, fixture } = await replay(two, {}, 'log.jsonl.gz');
      expect(code).toBe(0);
      await fixture.expectEqual(GOOD);
    });
  });

  it('D4 CRLF: exit 0', async () => {
    const { code, fixture } = await replay(linesOf(GOOD).toString().replaceAll('\n', '\r\n'));
    expect(code).toBe(0);
    await fixture.expectEqual(GOOD);
  });

  it('D5 a lone CR between tokens: exit 0', async () => {
    await expectApplied(`${JSON.stringify(odd()).replace(',', ',\r')}\n`, odd());
  });

  it('D6 a byte-order mark at the beginning: skipped; in a string: kept', async () => {
    const event = odd({ payload: '\ufeffx' });
    const { code, fixture } = await replay(Buffer.concat([Buffer.from('\ufeff'), line(event), linesOf(GOOD)]));
    expect(code).toBe(0);
    await fixture.expectEqual([event, ...GOOD]);
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
    const { code, error, fixture } = await replay(content);
    expect([code, error?.code]).toEqual([4, 'E_NOT_A_LOG']);
    await fixture.expectUntouched();
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
    const fixture = await open('', { name });
    const { file, rejects, checkpoint } = fixture.recording;
    for (const part of [before, make(bytes), after]) appendFileSync(file, part);
    // now, for it blocks this process: after the run the engine could close connections meanwhile
    const sha256 = createHash('sha256').update(Buffer.alloc(bytes, 0x61)).digest('hex');
    const args = ['replay', file, '--rejects', rejects, '--checkpoint', checkpoint, ...fixture.target];
    const { code, stderr, peak } = await measured(args, join(fixture.folder.path, 'peak'));
    expect([code, stderr]).toEqual([3, stderr]);
    const reject = { line: HALF + 1, reason: 'line_too_long', raw_bytes: bytes, sha256, raw: 'a'.repeat(4_096) };
    expect(fixture.recording.rejected()).toMatchObject([reject]);
    console.log(`${_}: peak ${Math.round(peak)} MB`);
    expect(peak).toBeLessThan(256);
    await fixture.expectEqual(GOOD);
  });

  it('D29 a gzip bomb: read as a stream, one line too long', async () => {
    const { code, error, result, fixture } = await replay(
      Buffer.concat([gzipSync(linesOf(GOOD)), gzipSync(Buffer.alloc(64 << 20, 0x61)), gzipSync('\n')]),
      {},
      'log.jsonl.gz',
    );
    expect([code, error, result?.rejected]).toEqual([3, undefined, 1]);
    expect(fixture.recording.rejected()).toMatchObject([{ reason: 'line_too_long', raw_bytes: 64 << 20 }]);
    await fixture.expectEqual(GOOD);
  });

  it('D30 an empty file: exit 0, nothing read', async () => {
    const { code, result, fixture } = await replay('');
    expect([code, result?.read]).toEqual([0, 0]);
    await fixture.expectEqual([]);
    expect(fixture.recording.saved()).toMatchObject({ done: true });
  });

  it('D31 more rejects than --max-rejects: exit 3 early, the checkpoint stays', async () => {
    const { code, error, fixture } = await replay(Buffer.concat([linesOf(GOOD), Buffer.from('{"event":"x"}\n'.repeat(20))]), {
      maxRejects: 10,
    });
    expect([code, error?.code]).toEqual([3, 'E_TOO_MANY_REJECTS']);
    expect(fixture.recording.rejected()).toHaveLength(11);
    expect(error?.hint).toBe('Raise --max-rejects.');
    expect(fixture.recording.saved()).toMatchObject({ done: false });
    await fixture.expectEqual(GOOD);
    const again = await fixture.resume({ maxRejects: 20 });
    expect([again.code, again.result?.rejected]).toEqual([3, 20]);
    expect(fixture.recording.rejected()).toHaveLength(20);
  });
});
