import type { Io } from './io.ts';

/** How often a line of progress is drawn, and what takes the last one away. */
export const REDRAW_MS = 250;
export const CLEAR_LINE = '\r\u001b[K';

/** How far a read is, in one line of stderr that is drawn over and over; without a terminal it is silent. */
export class ReadProgress {
  private readonly io: Io;
  private last = -Infinity;
  private shown = false;
  private readonly what: string;

  constructor(io: Io, what = 'reading') {
    this.io = io;
    this.what = what;
  }

  at(text: string): void {
    const { stderr } = this.io;
    const now = performance.now();
    if (!stderr.isTTY || now - this.last < REDRAW_MS) return;
    this.last = now;
    this.shown = true;
    stderr.write(`${CLEAR_LINE}${this.what}: ${text}`.slice(0, CLEAR_LINE.length + (stderr.columns || 80) - 1));
  }

  /** Makes room for other output. */
  clear(): void {
    if (this.shown) this.io.stderr.write(CLEAR_LINE);
    this.shown = false;
  }

  /** What a read yields; where they go to the same terminal the line makes room for each block. */
  async *before<T>(blocks: AsyncIterable<T>): AsyncGenerator<T> {
    try {
      for await (const block of blocks) {
        this.clear();
        yield block;
      }
    } finally {
      this.clear();
    }
  }
}
