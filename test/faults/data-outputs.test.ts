import { copyFileSync, linkSync, readFileSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import Scan from '../../src/commands/scan.ts';
import { dataSuite, GOOD, linesOf, odd } from '../harness/data-suite.ts';
import { messageIdOf, type ReplayFixture } from '../harness/replay-fixture.ts';
import { ROOT, runCommand } from '../harness/run-command.ts';

const { open, replay } = dataSuite();

describe('what is written out', () => {
  it('D32 CSV cells that a spreadsheet would run: defused, numbers are not, and raw with --csv-raw', async () => {
    const cells = ['=cmd()', '+1', '-1', '@x', '\tx', '\rx', '-"1",2', 'x='];
    const { fixture } = await replay(
      linesOf(cells.map((cell, index) => odd({ id: messageIdOf(9_000 + index), topic: `${index}`, payload: cell }))),
    );
    const read = async (...more: string[]) => {
      const args = ['mqtt_msg', '--format', 'csv', '--fields', 'topic,payload,qos', '--no-header', ...more];
      const { stdout } = await runCommand(Scan, [...args, ...fixture.target]);
      return stdout
        .split(/\r\n|(?<!\r)\n/)
        .filter(Boolean)
        .sort();
    };
    const texts = ["'=cmd()", "'+1", "'-1", "'@x", "'\tx", `"'\rx"`, `"'-""1"",2"`, 'x='];
    expect(await read()).toEqual(texts.map((text, index) => `${index},${text},1`));
    const raw = ['=cmd()', '+1', '-1', '@x', '\tx', '"\rx"', '"-""1"",2"', 'x='];
    expect(await read('--csv-raw')).toEqual(raw.map((text, index) => `${index},${text},1`));
  });

  describe('D33 the reject file or the checkpoint is', () => {
    const expectRefused = async (fixture: ReplayFixture, args: string[], why: string) => {
      const { code, stderr } = await fixture.command(args);
      expect([code, stderr]).toEqual([2, expect.stringContaining('E_USAGE') as string]);
      expect(stderr).toContain(why);
    };

    it('the input, under its own name or another one: exit 2', async () => {
      const fixture = await open(GOOD);
      const { file } = fixture.recording;
      const [hard, soft] = [`${file}.hard`, `${file}.soft`];
      linkSync(file, hard);
      symlinkSync(file, soft);
      for (const name of [file, relative('.', file), hard, soft]) {
        await expectRefused(fixture, ['--rejects', name], `--rejects ${name} is an input of this run`);
        await expectRefused(fixture, ['--checkpoint', name], `--checkpoint ${name} would overwrite the input`);
      }
      expect(readFileSync(file)).toEqual(linesOf(GOOD));
      await fixture.expectUntouched();
    });

    it('each other, or a file that the checkpoint needs: exit 2', async () => {
      const fixture = await open(GOOD);
      const { checkpoint } = fixture.recording;
      for (const name of [checkpoint, relative('.', checkpoint), `${checkpoint}.tmp`, `${checkpoint}.lock`])
        await expectRefused(fixture, ['--rejects', name], 'is the checkpoint or one of the files kept beside it');
      await fixture.expectUntouched();
    });

    it.each(['--rejects', '--checkpoint'])('a schema file (%s): exit 2, and it stays as it is', async (flag) => {
      const fixture = await open(GOOD);
      const schema = join(fixture.folder.path, 'mqtt_msg.json');
      copyFileSync(join(ROOT, 'schemas/mqtt_msg.json'), schema);
      await expectRefused(fixture, [flag, schema], `${schema} exists and is not a`);
      expect(readFileSync(schema)).toEqual(readFileSync(join(ROOT, 'schemas/mqtt_msg.json')));
      await fixture.expectUntouched();
    });
  });
});
