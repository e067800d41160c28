import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readRedactKey } from '../../../src/files/redact-key.ts';

const folder = mkdtempSync(join(tmpdir(), 'mqdyn-test-key-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(content: string | Uint8Array): string {
  const path = join(folder, 'redact.key');
  writeFileSync(path, content);
  return path;
}

describe('readRedactKey', () => {
  it.each(['0123456789abcdef', ' \t0123456789abcdef\r\n\n', '\v\f0123456789abcdef\n'])(
    'takes white space around a key for none of it: %j',
    async (content) => {
      expect((await readRedactKey(fileOf(content))).toString()).toBe('0123456789abcdef');
    },
  );

  it('takes bytes as they are', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => 255 - byte);
    expect(new Uint8Array(await readRedactKey(fileOf(bytes)))).toEqual(bytes);
    expect(await readRedactKey(fileOf(new Uint8Array(65_536)))).toHaveLength(65_536);
  });

  it.each([
    ['', 'holds 0 bytes; a key has at least 16'],
    [' \n\n', 'holds 0 bytes; a key has at least 16'],
    ['0123456789abcde \n', 'holds 15 bytes; a key has at least 16'],
    ['x'.repeat(65_537), 'is too large for a key'],
  ])('refuses %j and says how to make one', async (content, says) => {
    await expect(readRedactKey(fileOf(content))).rejects.toMatchObject({
      code: 'E_INPUT',
      exit: 4,
      message: `${join(folder, 'redact.key')} ${says}`,
      hint: 'Make one with: openssl rand -base64 32 > redact.key',
    });
  });

  it('tells a file that cannot be read', async () => {
    await expect(readRedactKey(join(folder, 'none'))).rejects.toMatchObject({
      code: 'E_INPUT',
      message: `${join(folder, 'none')} cannot be read (ENOENT)`,
    });
    await expect(readRedactKey(folder)).rejects.toMatchObject({
      code: 'E_INPUT',
      message: `${folder} is a directory, not a file`,
    });
  });
});
