import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeFolder } from '../../../src/files/make-folder.ts';
import { temporaryFolder } from '../../harness/run-command.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

describe('makeFolder', () => {
  it('makes the folders above it, too, and leaves one that is there', async () => {
    const path = join(folder.path, 'a', 'b');
    await makeFolder(path);
    await makeFolder(path);
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  it('fails on a file in the way', async () => {
    writeFileSync(join(folder.path, 'file'), '');
    await expect(makeFolder(join(folder.path, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(makeFolder(join(folder.path, 'file', 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it.skipIf(!existsSync('/proc/self'))('ends where a parent exists but takes no folder', async () => {
    await expect(makeFolder('/proc/no-folder/below')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
