import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from './atomic-write.ts';
import { makeFolder } from './make-folder.ts';
import { readTextFile } from './text.ts';

/** Words that were kept under a key not longer than `maxAge` ago, in milliseconds; undefined when there are none. */
export async function readCached(folder: string, key: string, maxAge: number): Promise<string[] | undefined> {
  const path = pathOf(folder, key);
  try {
    if (Date.now() - (await stat(path)).mtimeMs > maxAge) return undefined;
    const words: unknown = JSON.parse((await readTextFile(path)) ?? 'null');
    return Array.isArray(words) ? words.filter((word) => typeof word === 'string') : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps words under a key. A cache that cannot be written is none. */
export async function writeCached(folder: string, key: string, words: readonly string[]): Promise<void> {
  await makeFolder(folder)
    .then(() => writeAtomically(pathOf(folder, key), 'the cache', JSON.stringify(words)))
    .catch(() => undefined);
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function pathOf(folder: string, key: string): string {
  return join(folder, `${createHash('sha256').update(key).digest('hex').slice(0, 24)}.json`);
}
