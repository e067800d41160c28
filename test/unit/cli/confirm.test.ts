import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { confirmApply, confirmDrop } from '../../../src/cli/confirm.ts';
import type { Io } from '../../../src/cli/io.ts';

/** A terminal at which these keys are pressed after the question appears. */
function terminal(keys: string | undefined): Io {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  stderr.once('data', () => (keys === undefined ? stdin.end() : stdin.write(keys)));
  return { stdin, stderr } as unknown as Io;
}

const drop = (io: Io, local: boolean) => confirmDrop(io, { tables: ['mqtt_msg'], local, yes: false, confirmed: [] });

describe('a question', () => {
  it.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
    ['the end of the terminal', undefined],
    ['no', 'n\n'],
  ])('that is answered by %s is a no (fault 29)', async (_, keys) => {
    const no = { code: 'E_CONFIRM', exit: 11, hint: 'Nothing was dropped.' };
    await expect(drop(terminal(keys), true)).rejects.toMatchObject(no);
    await expect(drop(terminal(keys), false)).rejects.toMatchObject(no);
    await expect(confirmApply(terminal(keys), 2, false)).rejects.toMatchObject({
      code: 'E_CONFIRM',
      hint: 'Nothing was changed.',
    });
  });

  it('that is answered by yes is one', async () => {
    await drop(terminal('y\n'), true);
    await drop(terminal('mqtt_msg\n'), false);
  });
});
