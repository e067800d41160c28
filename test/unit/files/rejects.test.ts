import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RejectFile, type RejectedLine } from '../../../src/files/rejects.ts';
import { temporaryFolder } from '../../harness/run-command.ts';

let folder: ReturnType<typeof temporaryFolder>;
let path: string;
beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder.path, 'rejects.jsonl');
});
afterEach(() => folder.remove());

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

function rejected(bytes: Buffer, changes: object = {}): RejectedLine {
  const line = { number: 3, offset: 17, end: 17 + bytes.length + 1, bytes };
  return { input: 'in.jsonl', line, reject: { reason: 'json_syntax', detail: 'not JSON at column 1' }, ...changes };
}

/** What the reject file holds after these rejects. */
async function written(...rejects: RejectedLine[]): Promise<unknown[]> {
  const file = await RejectFile.open(path, 0, ['in.jsonl']);
  await file.append(rejects);
  await file.close();
  return readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

describe('the reject file', () => {
  it('holds the line, its place and the reason', async () => {
    const text = Buffer.from('gar"bäge');
    expect(await written(rejected(text))).toEqual([
      {
        file: 'in.jsonl',
        line: 3,
        offset: 17,
        reason: 'json_syntax',
        detail: 'not JSON at column 1',
        raw: 'gar"bäge',
        raw_bytes: 9,
        sha256: sha256(text),
      },
    ]);
  });

  it('keeps bytes that are not text, and names what was written anyway', async () => {
    const bytes = Buffer.from([0x41, 0xff]);
    expect(await written(rejected(bytes, { table: 'mqtt_topic_msg_map', applied: ['mqtt_msg'] }))).toEqual([
      expect.objectContaining({ raw_b64: 'Qf8=', raw_bytes: 2, table: 'mqtt_topic_msg_map', applied: ['mqtt_msg'] }),
    ]);
  });

  it('keeps 64 KiB of a line', async () => {
    const long = Buffer.alloc(100_000, 'x');
    const [kept] = (await written(rejected(long))) as { raw: string; raw_bytes: number; sha256: string }[];
    expect([kept!.raw.length, kept!.raw_bytes, kept!.sha256]).toEqual([65_536, 100_000, sha256(long)]);
  });

  it('holds the length and digest of a line that was never in memory whole', async () => {
    const tooLong = { length: 5_000_000, sha256: 'f'.repeat(64) };
    const line = { number: 1, offset: 0, end: 5_000_001, bytes: Buffer.from('begin'), tooLong };
    expect(await written(rejected(Buffer.alloc(0), { line }))).toEqual([
      expect.objectContaining({ raw: 'begin', raw_bytes: 5_000_000, sha256: tooLong.sha256 }),
    ]);
  });

  it('is readable by its owner alone, whatever it was before', async () => {
    const file = await RejectFile.open(path, 0);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await file.append([rejected(Buffer.from('x'))]);
    await file.close();
    chmodSync(path, 0o644);
    await written(rejected(Buffer.from('y')));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(2);
  });

  it('is gone when nothing was rejected', async () => {
    await (await RejectFile.open(path, 0)).close();
    expect(existsSync(path)).toBe(false);
  });

  it.each<[string, () => void, string]>([
    ['a symbolic link', () => symlinkSync(join(folder.path, 'x'), path), 'is a symbolic link'],
    [
      'a file that others may write',
      () => {
        writeFileSync(path, '');
        chmodSync(path, 0o666);
      },
      'is writable by others (mode 666)',
    ],
  ])('is not %s', async (_, make, why) => {
    make();
    await expect(RejectFile.open(path, 0)).rejects.toMatchObject({
      code: 'E_LOCKED',
      exit: 11,
      message: `reject file ${path} ${why}`,
    });
  });

  it('leaves a file of something else as it was', async () => {
    writeFileSync(path, 'precious');
    const refusal = { code: 'E_USAGE', exit: 2, message: `${path} exists and is not a reject file` };
    await expect(RejectFile.open(path, 0)).rejects.toMatchObject(refusal);
    expect(readFileSync(path, 'utf8')).toBe('precious');
  });

  it('reports that it cannot be written', async () => {
    await expect(RejectFile.open(folder.path, 0)).rejects.toMatchObject({ code: 'E_OUTPUT', exit: 8 });
    await expect(RejectFile.open(join(folder.path, 'none', 'x'), 0)).rejects.toMatchObject({ code: 'E_OUTPUT', exit: 8 });
  });

  it('continues after an earlier run, and lists nothing twice', async () => {
    const first = await RejectFile.open(path, 0);
    await first.append([rejected(Buffer.from('a'))]);
    const kept = first.length;
    await first.append([rejected(Buffer.from('b'))]);
    await first.close();
    const second = await RejectFile.open(path, kept);
    await second.append([rejected(Buffer.from('c'))]);
    await second.close();
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { raw: string }).raw)).toEqual(['a', 'c']);
    await expect(RejectFile.open(path, 10_000)).rejects.toMatchObject({ code: 'E_MISMATCH', exit: 11 });
  });
});
