import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip, type Gzip } from 'node:zlib';
import { syncFolder } from './atomic-write.ts';
import { writeFault } from './errors.ts';
import { writeAt } from './open-file.ts';

const WHAT = 'data file';

/** Bytes that are handed to gzip at once: many small pieces cost more than the packing itself. */
const PIECE = 1 << 19;

/** Bytes of what is packed that are written at once. */
const PACKED = 1 << 16;

const NEWLINE = 0x0a;

/** Fixed, so that the same lines make the same bytes. Level 6 makes files a twentieth smaller in more than twice the time. */
const LEVEL = 3;

/** A data file that is complete: its lines, its size as stored and unpacked in bytes, and the digests of its bytes as stored. */
export type DataFileFacts = { itemCount: number; bytes: number; textBytes: number; md5: string; etag: string; sha256: string };

/**
 * A gzipped file of lines, readable by its owner alone, that takes its name when it is complete and on the disk; until then
 * `.partial` stands behind it. The same lines always make the same bytes.
 */
export class DataFile {
  readonly path: string;
  itemCount = 0;
  /** Length of the lines so far, in UTF-16 units. */
  length = 0;
  private readonly file: FileHandle;
  private readonly gzip: Gzip;
  private readonly md5 = createHash('md5');
  private readonly sha256 = createHash('sha256');
  private readonly packed: Promise<void>;
  private failure: { error: unknown } | undefined;
  private bytes = 0;
  private textBytes = 0;
  /** Lines that gzip has not got yet, and how many bytes of it they fill. */
  private held = Buffer.allocUnsafe(4 * PIECE);
  private used = 0;
  /** A piece is packed while the next one fills. */
  private drained: Promise<unknown> = Promise.resolve();

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.file = file;
    this.gzip = createGzip({ level: LEVEL, chunkSize: PACKED });
    this.packed = pipeline(this.gzip, (packed: AsyncIterable<Buffer>) => this.store(packed)).catch((error: unknown) => {
      this.failure = { error };
    });
  }

  static async create(path: string): Promise<DataFile> {
    const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
    try {
      return new DataFile(path, await open(`${path}.partial`, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600));
    } catch (error) {
      throw writeFault(WHAT, path, error);
    }
  }

  /** Adds a line, which gets its line end here. Call `room` now and then: only that waits for the disk. */
  add(line: string): void {
    this.itemCount += 1;
    this.length += line.length + 1;
    const most = this.used + 3 * line.length + 1;
    if (most > this.held.length) this.held = Buffer.concat([this.held.subarray(0, this.used)], 2 * most);
    this.used += this.held.write(line, this.used, 'utf8');
    this.held[this.used] = NEWLINE;
    this.used += 1;
  }

  /** Resolves when there is room for more. */
  async room(): Promise<void> {
    if (this.used >= PIECE) await this.flush();
  }

  async finish(): Promise<DataFileFacts> {
    await this.flush();
    this.gzip.end();
    await this.packed;
    this.refuseFailed();
    try {
      await this.file.sync();
      await this.file.close();
      await rename(`${this.path}.partial`, this.path);
      await syncFolder(dirname(this.path));
    } catch (error) {
      throw writeFault(WHAT, this.path, error);
    }
    const digest = this.md5.digest();
    const { itemCount, bytes, textBytes } = this;
    return {
      itemCount,
      bytes,
      textBytes,
      md5: digest.toString('base64'),
      etag: etagOf(digest),
      sha256: this.sha256.digest('hex'),
    };
  }

  /** Closes a file that is not to be finished; what is in it stays as `.partial`. */
  async abandon(): Promise<void> {
    this.gzip.destroy();
    await this.packed;
    await this.file.close().catch(() => undefined);
  }

  private async flush(): Promise<void> {
    const { gzip, used } = this;
    await this.drained;
    this.refuseFailed();
    if (used === 0) return;
    const text = this.held.subarray(0, used);
    this.held = Buffer.allocUnsafe(4 * PIECE);
    this.used = 0;
    this.textBytes += used;
    if (gzip.write(text)) return;
    // a disk that is full ends the packing, and nothing drains any more
    this.drained = Promise.race([new Promise((resolve) => gzip.once('drain', resolve)), this.packed]);
  }

  private refuseFailed(): void {
    if (this.failure !== undefined) throw writeFault(WHAT, this.path, this.failure.error);
  }

  private async store(packed: AsyncIterable<Buffer>): Promise<void> {
    for await (const chunk of packed) {
      await writeAt(this.file, chunk, this.bytes);
      this.md5.update(chunk);
      this.sha256.update(chunk);
      this.bytes += chunk.length;
    }
  }
}

/** The ETag that S3 gives to an object that was uploaded in one part of a multipart upload, as DynamoDB's exports are. */
function etagOf(md5: Buffer): string {
  return `${createHash('md5').update(md5).digest('hex')}-1`;
}
