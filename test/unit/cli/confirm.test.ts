import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { confirmApply, confirmBulk, confirmDrop, confirmRewind } from '../../../src/cli/confirm.ts';
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
    await expect(confirmBulk(terminal(keys), '5 items into mqtt_msg', false)).rejects.toMatchObject({ code: 'E_CONFIRM' });
  });

  it('that is answered by yes is one', async () => {
    await confirmBulk(terminal('yes\n'), '5 items into mqtt_msg', false);
    await drop(terminal('y\n'), true);
    await drop(terminal('mqtt_msg\n'), false);
  });
});

describe('taking changes back', () => {
  const consent = { tables: ['mqtt_msg', 'mqtt_sub'], local: false, yes: true, confirmed: ['mqtt_msg'] };

  it('away from home wants every table by name, typed or by --confirm; --yes is not enough', async () => {
    const alone = { stdin: new PassThrough(), stderr: new PassThrough() } as unknown as Io;
    await expect(confirmRewind(alone, consent)).rejects.toMatchObject({
      code: 'E_CONFIRM',
      message: 'taking changes back here needs --confirm mqtt_sub',
    });
    await confirmRewind(terminal('mqtt_sub\n'), consent);
    await confirmRewind(alone, { ...consent, confirmed: ['mqtt_sub', 'mqtt_msg'] });
    await confirmRewind(alone, { ...consent, local: true, confirmed: [] });
  });
});
