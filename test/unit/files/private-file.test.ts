import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { openPrivate } from '../../../src/files/private-file.ts';
import { temporaryFolder } from '../../harness/run-command.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
afterEach(() => {
  vi.restoreAllMocks();
});
const KIND = { what: 'checkpoint', signature: '{', hint: '' };

describe('a private file that others may write', () => {
  const path = join(folder.path, 'open');
  writeFileSync(path, '{}');

  it('is refused', async () => {
    chmodSync(path, 0o666);
    await expect(openPrivate(path, KIND)).rejects.toMatchObject({ code: 'E_LOCKED', exit: 11 });
  });

  it('is accepted on Windows, where the mode means nothing', async () => {
    chmodSync(path, 0o666);
    vi.spyOn(process, 'platform', 'get').mockReturnValue('win32');
    await (await openPrivate(path, KIND)).close();
  });
});
