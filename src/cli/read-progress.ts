import { countText } from '../domain/count-text.ts';
import type { Io } from './io.ts';

/** How often a line of progress is drawn, and what takes the last one away. */
export const REDRAW_MS = 250;
export const CLEAR_LINE = '\r\u001b[K';

/** How far a read is, in one line of stderr that is drawn over and over; without a terminal, and where it shall be quiet, nothing is shown. */
export class ReadProgress {
  private readonly io: Io;
  private last = -Infinity;
  private shown = false;
  private readonly what: string;
  private readonly silent: boolean;

  constructor(io: Io, what = 'reading', quiet = false) {
    this.io = io;
    this.what = what;
    this.silent = quiet || !io.stderr.isTTY;
  }

  at(text: string): void {
    const { stderr } = this.io;
    const now = performance.now();
    if (this.silent || now - this.last < REDRAW_MS) return;
    this.last = now;
    this.shown = true;
    stderr.write(`${CLEAR_LINE}${this.what}: ${text}`.slice(0, CLEAR_LINE.length + (stderr.columns || 80) - 1));
  }

  /** So many items of a table were read. */
  readonly table = (table: string, items: number): void => this.at(`${table}, ${countText(items)} items`);

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
