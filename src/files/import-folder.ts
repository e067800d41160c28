import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MqdynError } from '../domain/errors.ts';
import { DataFile } from './data-file.ts';
import { writeFault } from './errors.ts';
import { makeFolder } from './make-folder.ts';

/** A file is closed and another begun after so many items. */
const ITEMS_A_FILE = 500_000;

/**
 * A folder of gzip files, `TABLE/data/NNNNN.json.gz`, one DynamoDB-JSON item a line: the layout that DynamoDB's import from
 * S3 reads. No file has its name before it is complete.
 */
export class ImportFolder {
  private readonly folder: string;
  private readonly files = new Map<string, DataFile>();
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
    const file = this.files.get(table) ?? (await this.open(table));
    file.add(line);
    await file.room();
    this.items[table] = (this.items[table] ?? 0) + 1;
    if (file.itemCount < ITEMS_A_FILE) return;
    this.files.delete(table);
    await file.finish();
  }

  async finish(): Promise<void> {
    for (const file of this.files.values()) await file.finish();
  }

  private async open(table: string): Promise<DataFile> {
    const number = (this.numbers.get(table) ?? 0) + 1;
    this.numbers.set(table, number);
    const folder = join(this.folder, table, 'data');
    try {
      await makeFolder(folder);
    } catch (error) {
      throw writeFault('folder', folder, error);
    }
    const file = await DataFile.create(join(folder, `${String(number).padStart(5, '0')}.json.gz`));
    this.files.set(table, file);
    return file;
  }
}
