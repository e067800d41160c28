import { rm, type FileHandle } from 'node:fs/promises';
import { writeFault } from './errors.ts';
import { writeAt } from './open-file.ts';

/** A private file that only grows: what is appended is on the disk when the call resolves. `what` names it in messages. */
export class PrivateLog {
  readonly path: string;
  /** Bytes that are on the disk. */
  length: number;
  private readonly file: FileHandle;
  private readonly what: string;

  constructor({ path, file, length, what }: { path: string; file: FileHandle; length: number; what: string }) {
    this.path = path;
    this.file = file;
    this.length = length;
    this.what = what;
  }

  async write(lines: string): Promise<void> {
    const bytes = Buffer.from(lines);
    try {
      await writeAt(this.file, bytes, this.length);
      await this.file.sync();
      this.length += bytes.length;
    } catch (error) {
      throw writeFault(this.what, this.path, error);
    }
  }

  /** Closes the file; one in which nothing stands is removed. */
  async close(): Promise<void> {
    try {
      await this.file.close();
      if (this.length === 0) await rm(this.path, { force: true });
    } catch (error) {
      throw writeFault(this.what, this.path, error);
    }
  }
}
