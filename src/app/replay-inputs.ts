import type { Readable } from 'node:stream';
import { MqdynError } from '../domain/errors.ts';
import { identify, readBytes, readInput, type InputFile, type RecordStream } from '../files/input.ts';
import type { ReplayInput } from './replay-events.ts';
import type { Watermark } from './replay-window.ts';

export type InputOptions = { inputs: readonly InputFile[]; stdin: Readable; maxLine: number };

/** The inputs of a replay, one after the other, from the beginning or from a watermark. */
export class ReplayInputs {
  private readonly options: InputOptions;
  private readonly from: Watermark | undefined;
  private readonly mtimes: readonly number[] | undefined;
  private stream: RecordStream | undefined;
  private bytesBefore = 0;

  constructor(options: InputOptions, from?: { watermark: Watermark; mtimes: readonly number[] }) {
    this.options = options;
    this.from = from?.watermark;
    this.mtimes = from?.mtimes;
  }

  /** Bytes read of all inputs together, packed ones as they are on the disk; those that are passed over count as read. */
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

  /** When the recording was last written; a run that goes on takes what the first one took. */
  private fallbackMillis(index: number): number | undefined {
    const millis = this.mtimes?.[index] ?? this.options.inputs[index]?.identity?.mtimeMs;
    return millis === undefined ? undefined : Math.floor(millis);
  }

  async *open(): AsyncGenerator<ReplayInput> {
    const { options, from } = this;
    for (const [index, input] of options.inputs.entries()) {
      if (from && index < from.input) {
        this.bytesBefore += input.identity?.size ?? 0;
        continue;
      }
      // at the very beginning the framing is still to be told
      const here =
        from?.input === index && from.offset > 0
          ? { from: { offset: from.offset, number: from.number }, framing: from.framing }
          : {};
      const stream = readInput(input, { stdin: options.stdin, maxLine: options.maxLine, ...here });
      this.stream = stream;
      const live = input.identity === undefined;
      const { identity } = input;
      const recorded = this.fallbackMillis(index);
      yield {
        index,
        name: input.name,
        live,
        // what comes as it happens is as old as its reading
        get fallbackMillis() {
          return live ? Date.now() : recorded;
        },
        records: stream.records,
        framing: () => stream.framing(),
        ...(identity === undefined || identity.packed ? {} : { reread: (offset, end) => readBytes(identity.path, offset, end) }),
      };
      await refuseChanged(input, stream);
      this.bytesBefore += stream.bytesRead();
      this.stream = undefined;
    }
  }
}

/** A file that was cut or replaced while it was read was not replayed as it is now. */
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
    throw new MqdynError('E_INPUT_CHANGED', `${name} was cut or replaced while it was read`);
  }
}
