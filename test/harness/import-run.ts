import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { importTables, type ImportOptions, type ImportResult } from '../../src/app/move/import/import-tables.ts';
import { openSource } from '../../src/app/move/import/open-source.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { TABLES } from '../../src/domain/records/tables.ts';
import { FAST } from './replay-run.ts';

/** An import with everything as usual but for what is given; its files stand in `folder`. */
export async function runImport(
  dynamo: Dynamo,
  {
    from,
    folder,
    tables = [],
    ...options
  }: Partial<ImportOptions> & { from: string; folder: string; tables?: readonly string[] },
): Promise<ImportResult> {
  const signal = options.signal ?? new AbortController().signal;
  const notice = options.notice ?? (() => undefined);
  const source = await openSource(from, { tables, known: TABLES, stdin: Readable.from([]), notice, signal });
  try {
    return await importTables(dynamo, {
      source,
      merge: false,
      create: false,
      concurrency: 4,
      maxWcu: undefined,
      checkpoint: { path: join(folder, 'import.checkpoint'), breakLock: false },
      resume: false,
      restart: false,
      rejects: join(folder, 'import.rejects.jsonl'),
      maxRejects: 10_000,
      tool: 'test',
      command: 'import',
      definitions: [],
      liveName: (table) => table,
      retryForMs: 2_000,
      signal,
      notice,
      progress: () => undefined,
      backOff: FAST,
      lateMs: 0,
      ...options,
    });
  } finally {
    await source.close();
  }
}

/** Lines of the reject file, parsed; empty when there is none. */
export function rejectsIn(folder: string): { file: string; line: number; reason: string; detail: string; raw: string }[] {
  const path = join(folder, 'import.rejects.jsonl');
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as never);
}
