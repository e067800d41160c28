import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { MqdynError } from '../domain/errors.ts';
import type { Reject } from '../domain/events/event.ts';
import { writeFault } from './errors.ts';
import type { Line } from './lines.ts';
import { openPrivate, type PrivateKind } from './private-file.ts';
import { PrivateLog } from './private-log.ts';

/** Of a rejected record so much is kept, in bytes. */
const MAX_RAW_BYTES = 1 << 16;

/** The name of an input stands within so many bytes of a reject. */
const NAME_BYTES = 8_192;

const KIND: PrivateKind = { what: 'reject file', signature: '{"file":', hint: 'Choose another with --rejects.' };

export type RejectedLine = { input: string; line: Line; reject: Reject; table?: string; applied?: readonly string[] };

/**
 * The reject file: one JSON line for every record that was not applied. It is opened before the first write to a table and
 * removed when nothing was rejected.
 */
export class RejectFile {
  private readonly log: PrivateLog;

  private constructor(log: PrivateLog) {
    this.log = log;
  }

  get path(): string {
    return this.log.path;
  }

  /** Bytes that are on the disk. */
  get length(): number {
    return this.log.length;
  }

  /**
   * Opens the file and cuts it to `keep` bytes, so that a run that goes on lists nothing twice; `all` writes behind what is
   * there. A run that starts over only replaces rejects of its own inputs, which are found again.
   */
  static async open(path: string, keep: number | 'all', inputs: readonly string[] = []): Promise<RejectFile> {
    const file = await openPrivate(path, KIND);
    try {
      const { size } = await file.stat();
      if (keep === 0 && size > 0) await refuseForeign(path, file, inputs);
      const length = keep === 'all' ? size : keep;
      if (size < length) throw new MqdynError('E_MISMATCH', `reject file ${path} is shorter than the checkpoint says`);
      await file.truncate(length);
      return new RejectFile(new PrivateLog({ path, file, length, what: KIND.what }));
    } catch (error) {
      await file.close();
      throw writeFault(KIND.what, path, error);
    }
  }

  /** Appends rejects and waits until they are on the disk. */
  async append(rejects: readonly RejectedLine[]): Promise<void> {
    if (rejects.length === 0) return;
    await this.log.write(rejects.map((reject) => `${JSON.stringify(asJson(reject))}\n`).join(''));
  }

  close(): Promise<void> {
    return this.log.close();
  }
}

/** Rejects of another input stay: they may be the only copy. */
async function refuseForeign(path: string, file: FileHandle, inputs: readonly string[]): Promise<void> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(NAME_BYTES), 0, NAME_BYTES, 0);
  const [, name] = /^\{"file":("(?:[^"\\]|\\.)*")/.exec(buffer.toString('utf8', 0, bytesRead)) ?? [];
  const other: string | undefined = name === undefined ? undefined : JSON.parse(name);
  // a disk that was full may have cut the very first line
  if (other === undefined || inputs.includes(other)) return;
  throw new MqdynError('E_MISMATCH', `reject file ${path} holds rejects of ${other === '-' ? 'stdin' : other}`, {
    hint: KIND.hint,
  });
}

function asJson({ input, line, reject, table, applied }: RejectedLine): object {
  // what was not sent is nowhere else
  const kept = reject.reason === 'unsent' ? line.bytes : line.bytes.subarray(0, MAX_RAW_BYTES);
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
