import { open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder, writeAtomically } from './atomic-write.ts';
import { writeFault } from './errors.ts';
import { GroupCommit } from './group-commit.ts';
import { acquireLock, type Lock } from './lock.ts';
import { writeAt } from './open-file.ts';
import { bodyLength, decodeBody, encodeFrame, HEADER_BYTES, isWhole, recordsBytes, type SpoolRecord } from './spool-frame.ts';
import {
  claimFolder,
  damagedSpool,
  findSegments,
  savedPosition,
  segmentPath,
  type Segment,
  type SpoolPosition,
} from './spool-folder.ts';

/** A file of the spool is followed by another one at this size, or at this share of the limit, so that disk space comes back. */
const SEGMENT_BYTES = 8 << 20;
const SEGMENT_SHARE = 1 / 8;
/** One that was applied to its end is removed from this share of that on. */
const LARGE_SHARE = 1 / 8;
/** So much goes into one flush of the disk at the most, in bytes. */
const GROUP_BYTES = 4 << 20;
/** How far it is applied is saved so soon, in milliseconds; what was applied since is applied once more after a kill. */
const SAVE_MS = 1_000;

export type SpoolOptions = {
  folder: string;
  /** Most bytes of events on the disk. */
  limit: number;
  command: string;
  notice: (sentence: string) => void;
};

/** `leftover`: of an earlier run. */
export type SpoolFrame = { records: SpoolRecord[]; end: SpoolPosition; leftover: boolean };

/**
 * Events on the disk between their arrival and their way into the tables: they go in at the end, come out in order, and are
 * removed when they are applied. One process at a time has a spool.
 */
export class Spool {
  private readonly options: SpoolOptions;
  private readonly lock: Lock;
  private readonly segments: Segment[];
  private readonly lastLeftover: number;
  private next: number;
  private writing: FileHandle | undefined;
  private reading: { number: number; file: FileHandle } | undefined;
  private cursor: SpoolPosition;
  private applied: SpoolPosition;
  private saving: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private saveFailed = false;
  private pending = 0;
  private broken: unknown;
  private readonly segmentBytes: number;
  private readonly commits = new GroupCommit<readonly SpoolRecord[]>(
    (groups) => this.commit(groups.flat()),
    recordsBytes,
    GROUP_BYTES,
  );

  private constructor(options: SpoolOptions, lock: Lock, segments: Segment[], saved: SpoolPosition | undefined) {
    this.options = options;
    this.lock = lock;
    this.segmentBytes = Math.min(SEGMENT_BYTES, options.limit * SEGMENT_SHARE);
    this.segments = segments;
    this.lastLeftover = segments.at(-1)?.number ?? 0;
    this.next = Math.max(this.lastLeftover, saved?.segment ?? 0) + 1;
    const first = { segment: segments[0]?.number ?? this.next, offset: 0 };
    const isKnown = segments.some(({ number, length }) => number === saved?.segment && saved.offset <= length);
    this.cursor = saved !== undefined && isKnown ? saved : first;
    this.applied = this.cursor;
  }

  static async open(options: SpoolOptions): Promise<Spool> {
    const { folder, command, notice } = options;
    await claimFolder(folder);
    const hint = 'Wait until it has finished, or choose another with --spool.';
    const lock = await acquireLock({ path: join(folder, 'lock'), what: `spool ${folder}`, command, waitMs: 0, hint, notice });
    try {
      const segments = await findSegments(folder);
      return new Spool(options, lock, segments, await savedPosition(join(folder, 'position')));
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Bytes that are not applied yet. */
  get bytes(): number {
    return this.segments.reduce((sum, { number, length }) => sum + this.unapplied(number, length), 0);
  }

  /** Whether everything of it has been read. */
  get isRead(): boolean {
    return !this.segments.some(
      ({ number, length }) => number > this.cursor.segment || (number === this.cursor.segment && length > this.cursor.offset),
    );
  }

  hasRoom(records: readonly SpoolRecord[]): boolean {
    const stored = this.segments.reduce((sum, { length }) => sum + length, 0);
    return stored + this.pending + HEADER_BYTES + recordsBytes(records) <= this.options.limit;
  }

  /** Resolves when the records are on the disk; rejects with E_OUTPUT when they could not be put there, and are not. */
  async append(records: readonly SpoolRecord[]): Promise<void> {
    const size = recordsBytes(records) + HEADER_BYTES;
    this.pending += size;
    await this.commits.add(records).finally(() => {
      this.pending -= size;
    });
  }

  /** What comes next in order; undefined where there is nothing more yet. */
  async read(): Promise<SpoolFrame | undefined> {
    for (const { number, length } of this.segments) {
      if (number < this.cursor.segment) continue;
      if (number > this.cursor.segment) this.cursor = { segment: number, offset: 0 };
      if (this.cursor.offset >= length) continue;
      return this.frame(number, length);
    }
    return undefined;
  }

  /** Reads what is not applied once more. */
  rewind(): void {
    this.cursor = this.applied;
  }

  /** Everything before this position is applied, and its files go. */
  async release(position: SpoolPosition): Promise<void> {
    this.applied = position;
    const active = this.segments.at(-1);
    const isLarge = active !== undefined && position.offset === active.length && active.length >= this.segmentBytes * LARGE_SHARE;
    if (isLarge && position.segment === active.number && this.commits.isIdle) await this.endSegment();
    const done = this.segments.filter(
      ({ number, length }) =>
        number < position.segment || (number === position.segment && length === position.offset && !this.isOpen(number)),
    );
    await this.removeAll(done.map(({ number }) => number));
    this.timer ??= setTimeout(() => this.saveNow(), SAVE_MS);
  }

  /** What is applied of it goes; the rest stays for the next run. */
  async close(): Promise<void> {
    try {
      await this.commits.idle();
      clearTimeout(this.timer);
      await this.saving;
      await this.endSegment();
      await this.reading?.file.close();
      this.reading = undefined;
      if (this.bytes > 0) return await this.savePosition();
      await this.removeAll(this.segments.map(({ number }) => number));
      await rm(join(this.options.folder, 'position'), { force: true });
    } finally {
      await this.lock.release();
    }
  }

  private unapplied(number: number, length: number): number {
    if (number < this.applied.segment) return 0;
    return number === this.applied.segment ? length - this.applied.offset : length;
  }

  private isOpen(number: number): boolean {
    return this.writing !== undefined && number === this.segments.at(-1)?.number;
  }

  private async commit(records: readonly SpoolRecord[]): Promise<void> {
    if (this.broken !== undefined) throw this.broken;
    const active = this.segments.at(-1);
    if (active !== undefined && active.length >= this.segmentBytes) await this.endSegment();
    const file = (this.writing ??= await this.newSegment());
    const segment = this.segments.at(-1);
    if (segment === undefined) throw new Error('the spool has no segment to write to');
    const frame = encodeFrame(records);
    try {
      await writeAt(file, frame, segment.length);
      await file.datasync();
      segment.length += frame.length;
    } catch (error) {
      await this.giveUp(file, segment);
      throw writeFault('spool file', segmentPath(this.options.folder, segment.number), error);
    }
  }

  /** After a flush that failed nobody knows what of a file is on the disk: what was promised stays, and another file follows. */
  private async giveUp(file: FileHandle, { number, length }: Segment): Promise<void> {
    this.writing = undefined;
    try {
      await file.truncate(length);
      await file.sync();
    } catch (error) {
      this.broken = writeFault('spool file', segmentPath(this.options.folder, number), error);
    } finally {
      await file.close().catch(() => undefined);
    }
  }

  private async newSegment(): Promise<FileHandle> {
    const { folder } = this.options;
    const number = this.next;
    const path = segmentPath(folder, number);
    let file: FileHandle | undefined;
    try {
      file = await open(path, 'wx', 0o600);
      this.next += 1;
      await syncFolder(folder);
      this.segments.push({ number, length: 0 });
      return file;
    } catch (error) {
      await file?.close().catch(() => undefined);
      throw writeFault('spool file', path, error);
    }
  }

  private async endSegment(): Promise<void> {
    const { writing } = this;
    this.writing = undefined;
    await writing?.close();
  }

  private async frame(number: number, length: number): Promise<SpoolFrame> {
    const { offset } = this.cursor;
    const path = segmentPath(this.options.folder, number);
    const file = await this.openForReading(number, path);
    const header = await readAt(file, offset, HEADER_BYTES);
    const size = bodyLength(header);
    const end = offset + HEADER_BYTES + (size ?? 0);
    const body = size === undefined || end > length ? undefined : await readAt(file, offset + HEADER_BYTES, size);
    if (body?.length !== size || body === undefined || !isWhole(header, body)) throw damagedSpool(path, offset);
    this.cursor = { segment: number, offset: end };
    return { records: decodeBody(body), end: this.cursor, leftover: number <= this.lastLeftover };
  }

  private async openForReading(number: number, path: string): Promise<FileHandle> {
    if (this.reading?.number === number) return this.reading.file;
    await this.reading?.file.close();
    this.reading = undefined;
    this.reading = { number, file: await open(path, 'r') };
    return this.reading.file;
  }

  private async removeAll(numbers: readonly number[]): Promise<void> {
    for (const number of numbers) await this.remove(number);
  }

  private async remove(number: number): Promise<void> {
    const path = segmentPath(this.options.folder, number);
    if (this.reading?.number === number) {
      await this.reading.file.close();
      this.reading = undefined;
    }
    try {
      await rm(path, { force: true });
    } catch (error) {
      throw writeFault('spool file', path, error);
    }
    this.segments.splice(
      this.segments.findIndex((segment) => segment.number === number),
      1,
    );
  }

  /** Where it fails (a disk that is full) the next one may not; what was applied since is applied once more after a kill. */
  private saveNow(): void {
    this.timer = undefined;
    this.saving = this.savePosition().catch((error: unknown) => {
      if (!this.saveFailed) this.options.notice(`${messageOf(error)}; after a kill some events are applied again`);
      this.saveFailed = true;
    });
  }

  private async savePosition(): Promise<void> {
    const { segment, offset } = this.applied;
    await writeAtomically(join(this.options.folder, 'position'), 'spool', `{"segment":${segment},"offset":${offset}}\n`);
    this.saveFailed = false;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
