import type { Writable } from 'node:stream';
import { MqdynError } from '../domain/errors.ts';

/** The reader went away (`| head`): the end of the output, not a failure. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone';
}

/** Text is collected to this many characters before it is written. */
const CHUNK = 1 << 16;

/** The one way to stdout: in order, with back pressure, and every write checked. */
export class Sink {
  private readonly stream: Writable;
  private held: string[] = [];
  private size = 0;

  constructor(stream: Writable) {
    this.stream = stream;
  }

  /** Takes text; only waits when a chunk is full. */
  async write(text: string): Promise<void> {
    this.held.push(text);
    this.size += text.length;
    if (this.size >= CHUNK) await this.flush();
  }

  /** Resolves when everything so far is written; rejects with ReaderGone or E_OUTPUT. */
  async flush(): Promise<void> {
    if (this.size === 0) return;
    const text = this.held.join('');
    this.held = [];
    this.size = 0;
    await new Promise<void>((resolve, reject) => {
      const fail = (error: NodeJS.ErrnoException) => reject(outputFault(error));
      this.stream.once('error', fail);
      this.stream.write(text, (error) => {
        if (error) return fail(error);
        this.stream.off('error', fail);
        resolve();
      });
    });
  }
}

function outputFault(error: NodeJS.ErrnoException): Error {
  if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') return new ReaderGone();
  return new MqdynError('E_OUTPUT', `cannot write the output (${error.code ?? error.message})`, { cause: error });
}
