import type { Readable } from 'node:stream';
import { MqdynError } from '../../domain/errors.ts';
import type { Framing } from '../../files/documents.ts';
import { identify, readBytes, readInput, type InputFile, type RecordStream } from '../../files/input.ts';
import type { Line } from '../../files/lines.ts';
import { IDLE_MS, withIdle } from './idle.ts';

/** A place between two records. `number` is the line that begins there; offsets count bytes of the decompressed stream. */
export type Position = { input: number; offset: number; number: number; framing: Framing };

export const BEGINNING: Position = { input: 0, offset: 0, number: 1, framing: 'lines' };

export type InputOptions = { inputs: readonly InputFile[]; stdin: Readable; maxLine: number };

/** One input of a replay, opened where it is to be read from. */
export type OpenInput = {
  index: number;
  name: string;
  /** A pipe: its end is not known, and what was read of it cannot be read again. */
  live: boolean;
  start: Position;
  /** Time for records that tell none, in Unix milliseconds. */
  readonly fallbackMillis: number | undefined;
  /** When the record arrived, where each one tells; it stands for any time that the record lacks. */
  readonly arrivedMillis?: number | undefined;
  /** The records as they come; `idle` where a live input has had none for a while. */
  blocks: AsyncGenerator<readonly Line[] | 'idle'>;
  framing(): Framing;
  /** Bytes read of it, gzipped ones as they are on the disk. */
  bytesRead(): number;
  /** Reads the bytes of a record once more; only where the input is a plain file. */
  reread?: (offset: number, end: number) => Promise<Buffer>;
};

/** The inputs of a replay, one after the other, from the beginning or from a position. */
export class ReplayInputs {
  private readonly options: InputOptions & { signal: AbortSignal };
  private readonly from: Position;
  private readonly mtimes: readonly number[] | undefined;
  private stream: RecordStream | undefined;
  private bytesBefore = 0;

  constructor(options: InputOptions & { signal: AbortSignal }, from?: { position: Position; mtimes: readonly number[] }) {
    this.options = options;
    this.from = from?.position ?? BEGINNING;
    this.mtimes = from?.mtimes;
  }

  /** Bytes read of all inputs together, gzipped ones as they are on the disk; those that are passed over count as read. */
  get bytesRead(): number {
    return this.bytesBefore + (this.stream?.bytesRead() ?? 0);
  }

  /** Bytes of all inputs; undefined where one has no end that is known. */
  get bytes(): number | undefined {
    let sum = 0;
    for (const { identity } of this.options.inputs) {
      if (identity === undefined) return undefined;
      sum += identity.size;
    }
    return sum;
  }

  async *open(): AsyncGenerator<OpenInput> {
    const { options, from } = this;
    for (const [index, input] of options.inputs.entries()) {
      if (index < from.input) {
        this.bytesBefore += input.identity?.size ?? 0;
        continue;
      }
      // what was written to a pipe is read even when the run is to stop before it began
      if (input.identity !== undefined) options.signal.throwIfAborted();
      const start = from.input === index ? from : { ...BEGINNING, input: index };
      const stream = this.read(input, start);
      this.stream = stream;
      yield this.opened(index, input, start, stream);
      this.bytesBefore += stream.bytesRead();
      this.stream = undefined;
    }
  }

  private read(input: InputFile, start: Position): RecordStream {
    const { stdin, maxLine, signal } = this.options;
    // at the very beginning the framing is still to be detected
    const from = start.offset > 0 ? { from: start, framing: start.framing } : {};
    return readInput(input, { stdin, maxLine, ...from, ...(input.identity === undefined ? { stop: signal } : {}) });
  }

  private opened(index: number, input: InputFile, start: Position, stream: RecordStream): OpenInput {
    const { identity, name } = input;
    const live = identity === undefined;
    const fallback = live ? undefined : (this.mtimes?.[index] ?? identity.mtimeMs);
    return {
      index,
      name,
      live,
      start,
      // what a pipe hands on happened just now; a run that goes on takes the time that the first one took
      get fallbackMillis() {
        return fallback === undefined ? Date.now() : Math.floor(fallback);
      },
      blocks: live ? withIdle(stream.records, IDLE_MS) : checked(input, stream, this.options.signal),
      framing: () => stream.framing() ?? 'lines',
      bytesRead: () => stream.bytesRead(),
      ...(identity === undefined || identity.gzipped ? {} : { reread: (offset, end) => readBytes(identity.path, offset, end) }),
    };
  }
}

/** The blocks of a file. Ends at once when the run is to stop, and fails where the file was changed while it was read. */
async function* checked(input: InputFile, stream: RecordStream, signal: AbortSignal): AsyncGenerator<readonly Line[]> {
  for await (const block of stream.records) {
    signal.throwIfAborted();
    yield block;
  }
  await refuseChanged(input, stream);
}

/** A file that was truncated or replaced while it was being read was not replayed as it is now. */
async function refuseChanged({ identity, name }: InputFile, stream: RecordStream): Promise<void> {
  if (identity === undefined) return;
  const now = await identify(identity.path, identity.headBytes).catch(() => undefined);
  if (
    now === undefined ||
    now.inode !== identity.inode ||
    now.size < identity.size ||
    now.head !== identity.head ||
    stream.bytesRead() < identity.size
  ) {
    throw new MqdynError('E_INPUT_CHANGED', `${name} was truncated or replaced while it was being read`);
  }
}
