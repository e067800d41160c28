import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { hashText } from '../domain/hash-text.ts';
import { writeFault } from './errors.ts';
import { namelessFile, TEMPORARY } from './nameless-file.ts';
import { writeAt } from './open-file.ts';

/** What was put under a key: a small number that says what it is, and a text. */
export type SpillRecord = { key: string; kind: number; text: string };

/** Bytes that are held before they go to the disk; a little goes nowhere. */
const HELD_BYTES = 8 << 20;
const PARTITIONS = 256;
/** Length of the key, kind, length of the text. */
const HEAD_BYTES = 2 + 1 + 4;

/** Keys are texts, or 16 bytes each as a binary string, which take half the room. */
export type SpillKeys = 'utf8' | 'latin1';

/**
 * Brings records of one key together in bounded memory, however many there are: they are dealt out by a hash of the key, and
 * one part is looked at after the other. What does not fit into memory goes to a private temporary file that has no name any
 * more once it is open, so that it is gone however the program ends.
 */
export class Spill {
  private readonly keys: SpillKeys;
  private readonly heldBytes: number;
  private readonly parts: Part[] = Array.from({ length: PARTITIONS }, () => new Part());
  private held = 0;
  private file: FileHandle | undefined;
  private length = 0;

  constructor({ keys = 'utf8', heldBytes = HELD_BYTES }: { keys?: SpillKeys; heldBytes?: number } = {}) {
    this.keys = keys;
    this.heldBytes = heldBytes;
  }

  /** Adds a record. Call `flush` now and then: only that writes. */
  add(key: string, kind: number, text: string): void {
    const keyBytes = this.keys === 'latin1' ? key.length : Buffer.byteLength(key);
    const size = HEAD_BYTES + keyBytes + Buffer.byteLength(text);
    const part = this.parts[hashText(key, PARTITIONS)];
    if (part === undefined) throw new Error(`a hash beyond ${PARTITIONS}`);
    const at = part.reserve(size);
    const { bytes } = part;
    bytes.writeUInt16LE(keyBytes, at);
    bytes.writeUInt8(kind, at + 2);
    bytes.writeUInt32LE(size - HEAD_BYTES - keyBytes, at + 3);
    bytes.write(key, at + HEAD_BYTES, this.keys);
    bytes.write(text, at + HEAD_BYTES + keyBytes, 'utf8');
    this.held += size;
  }

  /** Writes what is held, once it is much. */
  async flush(): Promise<void> {
    if (this.held < this.heldBytes) return;
    this.file ??= await namelessFile();
    for (const part of this.parts) {
      if (part.length === 0) continue;
      await writeAt(this.file, part.bytes.subarray(0, part.length), this.length).catch((error: unknown) => {
        throw writeFault(TEMPORARY, tmpdir(), error);
      });
      part.stored.push({ at: this.length, length: part.length });
      this.length += part.length;
      part.length = 0;
    }
    this.held = 0;
  }

  /** The records part by part, those of a key in one part and in the order in which they were added. */
  async *partitions(): AsyncGenerator<Iterable<SpillRecord>> {
    for (const part of this.parts) {
      const blocks: Buffer[] = [];
      for (const { at, length } of part.stored) {
        if (this.file === undefined) throw new Error('stored in no file');
        const { buffer } = await this.file.read(Buffer.allocUnsafe(length), 0, length, at);
        blocks.push(buffer);
      }
      if (part.length > 0) blocks.push(part.bytes.subarray(0, part.length));
      if (blocks.length > 0) yield this.records(blocks);
    }
  }

  async close(): Promise<void> {
    await this.file?.close();
    this.file = undefined;
  }

  private *records(blocks: readonly Buffer[]): Generator<SpillRecord> {
    for (const block of blocks) {
      for (let at = 0; at < block.length;) {
        const keyEnd = at + HEAD_BYTES + block.readUInt16LE(at);
        const end = keyEnd + block.readUInt32LE(at + 3);
        const key = block.toString(this.keys, at + HEAD_BYTES, keyEnd);
        yield { key, kind: block.readUInt8(at + 2), text: block.toString('utf8', keyEnd, end) };
        at = end;
      }
    }
  }
}

/** What is held of one part, and where the rest of it is in the file. */
class Part {
  bytes: Buffer = Buffer.alloc(0);
  length = 0;
  readonly stored: { at: number; length: number }[] = [];

  /** Makes room and says where. */
  reserve(size: number): number {
    const at = this.length;
    if (at + size > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(4_096, 2 * this.bytes.length, at + size));
      this.bytes.copy(larger, 0, 0, at);
      this.bytes = larger;
    }
    this.length = at + size;
    return at;
  }
}
