import { Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ReaderGone, Sink } from '../../../src/output/sink.ts';

/** A stream that completes writes on request, or fails. */
function slowStream(failure?: NodeJS.ErrnoException) {
  const state = { text: '', writes: 0, waiting: [] as (() => void)[] };
  const stream = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, done) {
      state.waiting.push(() => {
        state.text += chunk.toString();
        state.writes += 1;
        done(failure);
      });
    },
  });
  const release = () => state.waiting.shift()?.();
  return { stream, state, release };
}

const errno = (code: string) => Object.assign(new Error(code), { code });

describe('Sink', () => {
  it('collects small texts and writes them together, in order', async () => {
    const { stream, state, release } = slowStream();
    const sink = new Sink(stream);
    for (const text of ['a', 'b', 'c']) await sink.write(text);
    expect(state.waiting).toHaveLength(0);
    const flushed = sink.flush();
    release();
    await flushed;
    expect([state.text, state.writes]).toEqual(['abc', 1]);
  });

  it('waits for a slow reader once a chunk is full', async () => {
    const { stream, state, release } = slowStream();
    const sink = new Sink(stream);
    let done = false;
    const writing = sink.write('x'.repeat(1 << 16)).then(() => (done = true));
    await nextTurn();
    expect(done).toBe(false);
    release();
    await writing;
    expect(state.text).toHaveLength(1 << 16);
  });

  it('writes nothing when there is nothing', async () => {
    const { stream, state } = slowStream();
    await new Sink(stream).flush();
    expect(state.waiting).toHaveLength(0);
  });

  it.each(['EPIPE', 'ERR_STREAM_DESTROYED'])('takes %s for a reader that is gone', async (code) => {
    const { stream, release } = slowStream(errno(code));
    const sink = new Sink(stream);
    await sink.write('x');
    const flushed = sink.flush();
    release();
    await expect(flushed).rejects.toBeInstanceOf(ReaderGone);
  });

  it.each(['ENOSPC', 'EIO', 'EFBIG'])('takes %s for an output that cannot be written', async (code) => {
    const { stream, release } = slowStream(errno(code));
    const sink = new Sink(stream);
    await sink.write('x');
    const flushed = sink.flush();
    release();
    await expect(flushed).rejects.toMatchObject({ code: 'E_OUTPUT', exit: 8, message: `cannot write the output (${code})` });
  });

  it('finds out that the stream was closed before', async () => {
    const stream = new Writable().destroy();
    stream.on('error', () => undefined);
    const sink = new Sink(stream);
    await sink.write('x');
    await expect(sink.flush()).rejects.toBeInstanceOf(ReaderGone);
  });

  it('leaves no listener behind', async () => {
    const { stream, release } = slowStream();
    const sink = new Sink(stream);
    for (let round = 0; round < 3; round += 1) {
      await sink.write('x');
      const flushed = sink.flush();
      release();
      await flushed;
    }
    expect(stream.listenerCount('error')).toBe(0);
  });
});
