import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Io } from '../../../src/cli/io.ts';
import { ReadProgress } from '../../../src/cli/read-progress.ts';

function screen(isTTY: boolean, columns = 80) {
  const parts: string[] = [];
  const stderr = new Writable({
    write(chunk: Buffer, _encoding, done) {
      parts.push(chunk.toString());
      done();
    },
  });
  return { io: { stderr: Object.assign(stderr, { isTTY, columns }) } as unknown as Io, text: () => parts.join('') };
}

const CLEAR = '\r\u001b[K';

describe('the progress of a read', () => {
  it('is one line on a terminal, drawn now and then and never wider than it', () => {
    const { io, text } = screen(true, 20);
    const progress = new ReadProgress(io);
    progress.at('1,000 of 7,529 messages');
    progress.at('1,001 of 7,529 messages');
    expect(text()).toBe(`${CLEAR}reading: 1,000 of 7`);
    progress.clear();
    progress.clear();
    expect(text()).toBe(`${CLEAR}reading: 1,000 of 7${CLEAR}`);
  });

  it('makes room for rows', async () => {
    const { io, text } = screen(true);
    const progress = new ReadProgress(io);
    async function* rows() {
      progress.at('ids');
      yield 1;
    }
    for await (const _ of progress.before(rows())) expect(text()).toBe(`${CLEAR}reading: ids${CLEAR}`);
  });

  it('is silent without a terminal, and with --quiet', () => {
    const { io, text } = screen(false);
    new ReadProgress(io).at('ids');
    expect(text()).toBe('');
    const quiet = screen(true);
    new ReadProgress(quiet.io, 'reading', true).at('ids');
    expect(quiet.text()).toBe('');
  });
});
