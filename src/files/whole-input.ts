import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { Readable } from 'node:stream';
import { readFault, writeFault } from './errors.ts';
import { tailDigest } from './checkpoint.ts';
import { linesOfInput, type DataLine } from './data-lines.ts';
import { findInput, unpackedBytes, type InputFile } from './input.ts';
import { namelessFile, TEMPORARY } from './nameless-file.ts';
import { writeAt } from './open-file.ts';

const BLOCK_BYTES = 1 << 20;

/**
 * An input that is read more than once: first to find out whether all of it is right. What comes from a pipe goes to a temporary
 * file without a name, readable by its owner alone.
 */
export class WholeInput {
  private readonly input: InputFile;
  private spool: FileHandle | undefined;
  private opened: FileHandle | undefined;

  private constructor(input: InputFile, spool: FileHandle | undefined) {
    this.input = input;
    this.spool = spool;
  }

  static async open(name: string, stdin: Readable, signal: AbortSignal): Promise<WholeInput> {
    const input = await findInput(name);
    return new WholeInput(input, input.identity === undefined ? await spooled(input, stdin, signal) : undefined);
  }

  /** As the user named it; `-` is stdin. */
  get name(): string {
    return this.input.name;
  }

  /** The name in messages. */
  get label(): string {
    return this.name === '-' ? 'stdin' : this.name;
  }

  /** What tells this input from another one; undefined for one that cannot be read in a later run. */
  async digest(): Promise<string | undefined> {
    const { identity } = this.input;
    if (identity === undefined) return undefined;
    const { size, head, path } = identity;
    return createHash('sha256')
      .update(JSON.stringify([size, head, await tailDigest(path, size)]))
      .digest('hex');
  }

  /** The lines from the first one on. */
  lines(signal: AbortSignal): AsyncGenerator<DataLine[]> {
    const { input, spool } = this;
    return spool === undefined
      ? linesOfInput(input, signal)
      : linesOfInput({ name: input.name }, signal, Readable.from(bytesOf(spool)));
  }

  /** The bytes as an open file, unpacked. */
  async plain(signal: AbortSignal): Promise<FileHandle> {
    const { input } = this;
    if (this.spool !== undefined) return this.spool;
    if (input.path === undefined) throw new Error(`${input.name} has no path`);
    if (input.identity?.gzipped === true) return (this.spool = await spooled(input, undefined, signal));
    try {
      return (this.opened ??= await open(input.path, 'r'));
    } catch (error) {
      throw readFault(input.name, error);
    }
  }

  async close(): Promise<void> {
    await this.spool?.close();
    await this.opened?.close();
  }
}

async function spooled(input: InputFile, stdin: Readable | undefined, signal: AbortSignal): Promise<FileHandle> {
  const file = await namelessFile();
  try {
    let at = 0;
    for await (const chunk of unpackedBytes(input, stdin)) {
      signal.throwIfAborted();
      await writeAt(file, chunk, at).catch((error: unknown) => {
        throw writeFault(TEMPORARY, tmpdir(), error);
      });
      at += chunk.length;
    }
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function* bytesOf(file: FileHandle): AsyncGenerator<Buffer> {
  for (let at = 0; ;) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(BLOCK_BYTES), 0, BLOCK_BYTES, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
