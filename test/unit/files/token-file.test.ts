import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readToken } from '../../../src/files/token-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'mqdyn-token-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(content: string, mode = 0o600): string {
  const path = join(folder, 'token');
  rmSync(path, { force: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

it('a token is the text of a private file without blanks around it', async () => {
  expect(await readToken(file('0123456789abcdef\n'))).toBe('0123456789abcdef');
  expect(await readToken(file(' 0123456789abcdef ', 0o440))).toBe('0123456789abcdef');
});

it.each([
  ['0123456789abcdef', 0o644, /can be read or written by others \(mode 644\)/],
  ['0123456789abcdef', 0o620, /can be read or written by others \(mode 620\)/],
  ['0123456789abcde\n', 0o600, /must hold a token of 16 to 4096 bytes/],
  ['', 0o600, /must hold a token/],
  ['x'.repeat(5_000), 0o600, /must hold a token/],
  ['0123456789 abcdef', 0o600, /characters that no token can have/],
])('%j with mode %o is refused', async (content, mode, message) => {
  const refused = readToken(file(content, mode));
  await expect(refused).rejects.toMatchObject({ code: 'E_TOKEN', exit: 11 });
  await expect(refused).rejects.toThrow(message);
  await expect(refused).rejects.not.toThrow(/0123456789/);
});

it('a file that is not there is a wrong input', async () => {
  await expect(readToken(join(folder, 'none'))).rejects.toMatchObject({ code: 'E_INPUT', exit: 4 });
});
