import { compareTexts } from '../domain/order.ts';
import { mergeRuns } from './merge-runs.ts';
import { partsAt, RunFile, RunReader, storedBytes, storeRecord, type SortRecord } from './sorted-run.ts';

type SortOptions = {
  /** The folder of the temporary files: as much as is sorted has to fit there. */
  folder: string;
  /** Bytes that are held before they go to the disk as a sorted run; a little goes nowhere. */
  heldBytes?: number;
  /** So many runs of one size are merged into one. */
  mostRuns?: number;
  /** Bytes of each run that are in memory while runs are merged. */
  readBytes?: number;
};

const BLOCK_BYTES = 1 << 20;
/** What a record takes besides its own bytes while the held ones are sorted. */
const RECORD_BYTES = 96;
const FIRST_BYTES = 1 << 16;
/** What may be added between two flushes. */
const PAGE_BYTES = 4 << 20;

/**
 * Sorts lines by keys in bounded memory, however many there are. A key is a text of one character a byte, and goes by its bytes;
 * lines of one key keep their order. Sorted runs go to private temporary files in the folder, which have no name any more once
 * they are open, so that they are gone however the program ends. A full disk is E_OUTPUT.
 */
export class ExternalSort {
  private readonly folder: string;
  private readonly heldBytes: number;
  private readonly mostRuns: number;
  private readonly readBytes: number;
  private held: Buffer = Buffer.alloc(0);
  private length = 0;
  /** Where the held records begin. */
  private starts: number[] = [];
  /** Files of runs; a run of one is made of many runs of the one before, and holds older lines. */
  private readonly levels: RunFile[] = [];

  constructor({ folder, heldBytes = 32 << 20, mostRuns = 96, readBytes = 1 << 17 }: SortOptions) {
    this.folder = folder;
    this.heldBytes = heldBytes;
    this.mostRuns = mostRuns;
    this.readBytes = readBytes;
  }

  /** Adds a line, which is well-formed text. Call `flush` now and then, and add nothing until it is done: only that writes. */
  add(key: string, line: string): void {
    const lineBytes = Buffer.byteLength(line);
    const at = this.reserve(storedBytes(key, lineBytes));
    storeRecord(this.held, at, { key, line }, lineBytes);
    this.starts.push(at);
  }

  /** Writes what is held, once it is much. */
  async flush(): Promise<void> {
    if (this.length + this.starts.length * RECORD_BYTES >= this.heldBytes) await this.store();
  }

  /** All lines in the order of their keys, in blocks. Nothing is added afterwards. */
  async *sorted(): AsyncGenerator<readonly string[]> {
    if (this.levels.length > 0) {
      await this.store();
      this.held = Buffer.alloc(0);
      for await (const records of this.merged(this.levels.toReversed())) yield records.map(({ line }) => line);
      return;
    }
    for (const block of inOrder(this.held, this.starts)) yield linesIn(block);
  }

  async close(): Promise<void> {
    for (const level of this.levels) await level.close();
  }

  private async store(): Promise<void> {
    if (this.starts.length === 0) return;
    await this.level(0).append(inOrder(this.held, this.starts));
    this.length = 0;
    this.starts = [];
    for (let depth = 0; this.level(depth).runs.length >= this.mostRuns; depth += 1) {
      const full = this.level(depth);
      await this.level(depth + 1).append(stored(this.merged([full])));
      await full.clear();
    }
  }

  private merged(files: readonly RunFile[]): AsyncGenerator<SortRecord[]> {
    return mergeRuns(files.flatMap((file) => file.runs.map((run) => new RunReader(file, run, this.readBytes))));
  }

  private level(depth: number): RunFile {
    return (this.levels[depth] ??= new RunFile(this.folder));
  }

  /** Makes room and says where. */
  private reserve(size: number): number {
    const at = this.length;
    if (at + size > this.held.length) {
      // at once as much as is held at most: what is not used takes no memory, and what is outgrown takes it for a while
      const room = this.held.length === 0 ? FIRST_BYTES : Math.max(this.held.length, this.heldBytes) + PAGE_BYTES;
      const larger = Buffer.allocUnsafe(Math.max(room, at + size));
      this.held.copy(larger, 0, 0, at);
      this.held = larger;
    }
    this.length = at + size;
    return at;
  }
}

/** Held records in blocks, in the order of their keys. A block is good until the next one is taken. */
function* inOrder(held: Buffer, starts: readonly number[]): Generator<Buffer> {
  const records = starts.map((start) => {
    const { key, line, end } = partsAt(held, start);
    return { key: held.toString('latin1', key, line), start, end };
  });
  records.sort((a, b) => compareTexts(a.key, b.key));
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  let used = 0;
  for (const { start, end } of records) {
    if (used > 0 && used + end - start > block.length) {
      yield block.subarray(0, used);
      used = 0;
    }
    if (end - start > block.length) yield held.subarray(start, end);
    else used += held.copy(block, used, start, end);
  }
  if (used > 0) yield block.subarray(0, used);
}

function linesIn(block: Buffer): string[] {
  const lines: string[] = [];
  for (let at = 0; at < block.length;) {
    const { line, end } = partsAt(block, at);
    lines.push(block.toString('utf8', line, end));
    at = end;
  }
  return lines;
}

async function* stored(blocks: AsyncIterable<readonly SortRecord[]>): AsyncGenerator<Buffer> {
  for await (const records of blocks) {
    const sizes = records.map(({ key, line }) => storedBytes(key, Buffer.byteLength(line)));
    const bytes = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + size, 0));
    let at = 0;
    for (const record of records) {
      const lineBytes = Buffer.byteLength(record.line);
      storeRecord(bytes, at, record, lineBytes);
      at += storedBytes(record.key, lineBytes);
    }
    yield bytes;
  }
}
