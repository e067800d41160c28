import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, realpath, rm, type FileHandle } from 'node:fs/promises';
import { MqdynError } from '../domain/errors.ts';
import type { Reject } from '../domain/events/event.ts';
import { isErrno, writeFault } from './errors.ts';
import type { InputFile } from './input.ts';
import type { Line } from './lines.ts';

/** Of a rejected line so much is kept, in bytes. */
const MAX_RAW_BYTES = 1 << 16;

export type RejectedLine = { input: string; line: Line; reject: Reject; table?: string; applied?: readonly string[] };

/**
 * The reject file: one JSON line for every record that was not applied, readable by its owner alone because it holds
 * payloads. It is opened before the first write to a table and removed when nothing was rejected.
 */
export class RejectFile {
  private readonly file: FileHandle;
  private empty = true;
  readonly path: string;

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.file = file;
  }

  static async open(path: string, inputs: readonly InputFile[]): Promise<RejectFile> {
    await refuseInput(path, inputs);
    const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants;
    let file: FileHandle | undefined;
    try {
      file = await open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
      await refuseForeign(path, file);
      await file.truncate(0);
      await file.chmod(0o600);
      return new RejectFile(path, file);
    } catch (error) {
      await file?.close();
      if (isErrno(error) && error.code === 'ELOOP') throw unsafe(path, 'is a symbolic link');
      throw writeFault('reject file', path, error);
    }
  }

  /** Appends rejects and waits until they are on the disk. */
  async append(rejects: readonly RejectedLine[]): Promise<void> {
    if (rejects.length === 0) return;
    try {
      await this.file.appendFile(rejects.map((reject) => `${JSON.stringify(asJson(reject))}\n`).join(''));
      await this.file.sync();
      this.empty = false;
    } catch (error) {
      throw writeFault('reject file', this.path, error);
    }
  }

  async close(): Promise<void> {
    await this.file.close();
    if (this.empty) await rm(this.path, { force: true });
  }
}

function asJson({ input, line, reject, table, applied }: RejectedLine): object {
  const kept = line.bytes.subarray(0, MAX_RAW_BYTES);
  const text = kept.toString('utf8');
  const raw = Buffer.from(text).equals(kept) ? { raw: text } : { raw_b64: kept.toString('base64') };
  return {
    file: input,
    line: line.number,
    offset: line.offset,
    reason: reject.reason,
    detail: reject.detail,
    ...(table === undefined ? {} : { table }),
    ...(applied === undefined ? {} : { applied }),
    ...raw,
    raw_bytes: line.tooLong?.length ?? line.bytes.length,
    sha256: line.tooLong?.sha256 ?? createHash('sha256').update(line.bytes).digest('hex'),
  };
}

async function refuseInput(path: string, inputs: readonly InputFile[]): Promise<void> {
  const real = await realpath(path).catch(() => undefined);
  if (real !== undefined && inputs.some((input) => input.path === real)) {
    throw new MqdynError('E_USAGE', `--rejects ${path} is an input of this replay`);
  }
}

/** Only a file that an earlier replay left, or an empty one, is written over. */
async function refuseForeign(path: string, file: FileHandle): Promise<void> {
  const facts = await file.stat();
  if (!facts.isFile()) throw unsafe(path, 'is not a plain file');
  if (process.getuid !== undefined && facts.uid !== process.getuid()) throw unsafe(path, 'belongs to somebody else');
  if ((facts.mode & 0o022) !== 0) throw unsafe(path, `may be written by others (mode ${(facts.mode & 0o777).toString(8)})`);
  if (facts.size === 0) return;
  const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
  if (buffer.toString('utf8', 0, bytesRead) !== '{"file":') throw unsafe(path, 'exists and is no reject file');
}

function unsafe(path: string, why: string): MqdynError {
  return new MqdynError('E_LOCKED', `reject file ${path} ${why}`, { hint: 'Choose another with --rejects.' });
}
