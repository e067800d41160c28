import type { FileHandle } from 'node:fs/promises';
import { MqdynError } from '../domain/errors.ts';
import { isErrno, writeFault } from './errors.ts';
import { namelessFile, TEMPORARY } from './nameless-file.ts';
import { writeAt } from './open-file.ts';

/** Length of the key, length of the line. */
const HEAD_BYTES = 4 + 4;

/** A line, and the key that it is sorted by: of one character a byte. */
export type SortRecord = { key: string; line: string };

/** Bytes of a record as it is stored. */
export function storedBytes(key: string, lineBytes: number): number {
  return HEAD_BYTES + key.length + lineBytes;
}

/** Stores a record where there is room for it. */
export function storeRecord(bytes: Buffer, at: number, { key, line }: SortRecord, lineBytes: number): void {
  bytes.writeUInt32LE(key.length, at);
  bytes.writeUInt32LE(lineBytes, at + 4);
  bytes.write(key, at + HEAD_BYTES, 'latin1');
  bytes.write(line, at + HEAD_BYTES + key.length, 'utf8');
}

/** Where the parts of a stored record are. */
export function partsAt(bytes: Buffer, at: number): { key: number; line: number; end: number } {
  const key = at + HEAD_BYTES;
  const line = key + bytes.readUInt32LE(at);
  return { key, line, end: line + bytes.readUInt32LE(at + 4) };
}

/** Records in their order, from one byte of a file to another. */
export type Run = { from: number; to: number };

/** Runs one behind the other in a file without a name. */
export class RunFile {
  readonly runs: Run[] = [];
  private readonly folder: string;
  private file: FileHandle | undefined;
  private length = 0;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Appends a run that comes in blocks. */
  async append(blocks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
    this.file ??= await namelessFile(this.folder);
    const from = this.length;
    try {
      for await (const block of blocks) {
        await writeAt(this.file, block, this.length);
        this.length += block.length;
      }
    } catch (error) {
      throw writeFault(TEMPORARY, this.folder, error);
    }
    this.runs.push({ from, to: this.length });
  }

  /** Fills a buffer from a place on. Without what was stored there is no output, so a failure is one of the output. */
  async read(into: Buffer, position: number): Promise<void> {
    if (this.file === undefined) throw new Error('nothing was stored');
    try {
      for (let at = 0; at < into.length;) {
        const { bytesRead } = await this.file.read(into, at, into.length - at, position + at);
        if (bytesRead === 0) throw this.unreadable('it was cut short');
        at += bytesRead;
      }
    } catch (error) {
      throw isErrno(error) ? this.unreadable(error.code, error) : error;
    }
  }

  /** Forgets the runs, and gives their room on the disk back. */
  async clear(): Promise<void> {
    this.runs.length = 0;
    this.length = 0;
    await this.file?.truncate(0).catch((error: unknown) => {
      throw writeFault(TEMPORARY, this.folder, error);
    });
  }

  async close(): Promise<void> {
    const { file } = this;
    this.file = undefined;
    await file?.close();
  }

  private unreadable(why: string, cause?: unknown): MqdynError {
    return new MqdynError('E_OUTPUT', `cannot read back ${TEMPORARY} ${this.folder} (${why})`, { cause });
  }
}

/** Goes through a run record by record with a small buffer. A line that is not in it is read when it is asked for. */
export class RunReader {
  /** The key of the current record. */
  key = '';
  private line: Run = { from: 0, to: 0 };
  private readonly file: RunFile;
  private readonly to: number;
  private readonly bufferBytes: number;
  /** What is in memory, and where in the file it begins. */
  private bytes: Buffer = Buffer.alloc(0);
  private start: number;
  private next: number;

  constructor(file: RunFile, { from, to }: Run, bufferBytes: number) {
    this.file = file;
    this.bufferBytes = bufferBytes;
    this.start = from;
    this.next = from;
    this.to = to;
  }

  /** Goes on to the next record, if its key is in memory. */
  step(): boolean {
    const at = this.next - this.start;
    if (at + HEAD_BYTES > this.bytes.length) return false;
    const { key, line, end } = partsAt(this.bytes, at);
    if (line > this.bytes.length) return false;
    this.key = this.bytes.toString('latin1', key, line);
    this.line = { from: line, to: end };
    this.next = this.start + end;
    return true;
  }

  /** Goes on to the next record after reading it; false at the end of the run. */
  async readOn(): Promise<boolean> {
    if (this.next >= this.to) return false;
    let bytes = this.bufferBytes;
    do {
      this.start = this.next;
      const length = Math.min(bytes, this.to - this.start);
      if (this.bytes.length !== length) this.bytes = Buffer.allocUnsafe(length);
      await this.file.read(this.bytes, this.start);
      // only a key that is longer than the buffer makes another turn
      bytes *= 2;
    } while (!this.step());
    return true;
  }

  /** The line of the current record; undefined where it has to be read. */
  lineInMemory(): string | undefined {
    return this.line.to > this.bytes.length ? undefined : this.bytes.toString('utf8', this.line.from, this.line.to);
  }

  async readLine(): Promise<string> {
    const bytes = Buffer.allocUnsafe(this.line.to - this.line.from);
    await this.file.read(bytes, this.start + this.line.from);
    return bytes.toString('utf8');
  }
}
