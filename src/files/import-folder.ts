import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createGzip, type Gzip } from 'node:zlib';
import { MqdynError } from '../domain/errors.ts';
import { isErrno, writeFault } from './errors.ts';
import { makeFolder } from './make-folder.ts';

type Part = { path: string; gzip: Gzip; file: WriteStream; items: number; failure: Error | undefined };

/** A file is closed and another begun after so many items. */
const ITEMS_A_FILE = 500_000;

/**
 * A folder of gzip files, `TABLE/data/NNNNN.json.gz`, one DynamoDB-JSON item a line: the layout that DynamoDB's import from
 * S3 reads. No file has its name before it is complete.
 */
export class ImportFolder {
  private readonly folder: string;
  private readonly parts = new Map<string, Part>();
  private readonly numbers = new Map<string, number>();
  /** Items written, by table. */
  readonly items: Record<string, number> = {};

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** The folder must be new or empty: what is in it would be imported too. */
  static async create(folder: string): Promise<ImportFolder> {
    try {
      await makeFolder(folder);
      if ((await readdir(folder)).length > 0) {
        throw new MqdynError('E_CONFIRM', `${folder} is not empty`, { hint: 'Name a new folder.' });
      }
      return new ImportFolder(folder);
    } catch (error) {
      throw writeFault('folder', folder, error);
    }
  }

  async write(table: string, line: string): Promise<void> {
    const part = this.parts.get(table) ?? (await this.open(table));
    if (part.failure) throw writeFault('import file', part.path, part.failure);
    part.items += 1;
    this.items[table] = (this.items[table] ?? 0) + 1;
    if (!part.gzip.write(line)) await drained(part);
    if (part.items >= ITEMS_A_FILE) await this.close(table, part);
  }

  async finish(): Promise<void> {
    for (const [table, part] of this.parts) await this.close(table, part);
  }

  private async open(table: string): Promise<Part> {
    const number = (this.numbers.get(table) ?? 0) + 1;
    this.numbers.set(table, number);
    const path = join(this.folder, table, 'data', `${String(number).padStart(5, '0')}.json.gz`);
    try {
      await makeFolder(join(this.folder, table, 'data'));
    } catch (error) {
      throw writeFault('import file', path, error);
    }
    const gzip = createGzip();
    const file = createWriteStream(`${path}.partial`, { mode: 0o600 });
    const part: Part = { path, gzip, file, items: 0, failure: undefined };
    for (const stream of [gzip, file]) {
      stream.on('error', (error: Error) => {
        part.failure ??= error;
        // whoever waits for either of the two hears of it
        gzip.destroy(part.failure);
        file.destroy();
      });
    }
    gzip.pipe(file);
    this.parts.set(table, part);
    return part;
  }

  private async close(table: string, part: Part): Promise<void> {
    this.parts.delete(table);
    if (part.failure) throw writeFault('import file', part.path, part.failure);
    const closed = once(part.file, 'close');
    part.gzip.end();
    await closed.catch(() => undefined);
    if (part.failure) throw writeFault('import file', part.path, part.failure);
    await rename(`${part.path}.partial`, part.path);
  }
}

async function drained(part: Part): Promise<void> {
  try {
    if (part.failure) throw part.failure;
    await once(part.gzip, 'drain');
  } catch (error) {
    throw isErrno(error) ? writeFault('import file', part.path, error) : error;
  }
}
