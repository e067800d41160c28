import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Config } from '@oclif/core';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT } from '../harness/root.ts';
import { makeUser, runBin } from '../harness/run-bin.ts';

/**
 * Runs every command of the README and of its further pages, in order, in one folder. In a `sh` block a line that starts with `$ ` is a command (its
 * variables, pipes and redirections too); it ends with 0, or as a comment `# exit N` on it says. The lines below it are
 * some of its output: each of them has to be there, in that order. The folder holds the files of fixtures/readme and
 * the recordings, and nothing stands between the embedded engine and its being used without a name.
 */
type Example = { line: number; command: string; exit: number; output: string[] };

const user = makeUser();
cpSync(join(ROOT, 'test/fixtures/readme'), user.folder, { recursive: true });
cpSync(join(ROOT, 'test/fixtures/recordings'), join(user.folder, 'test/fixtures/recordings'), { recursive: true });
afterAll(() => user.remove());

const text = readFileSync(join(ROOT, 'README.md'), 'utf8');
const pages = ['MEND', 'MOVE', 'LIVE', 'TABLES', 'REPLAY'].map((name) => readFileSync(join(ROOT, `.github/${name}.md`), 'utf8'));
const examples = [text, ...pages].flatMap(examplesOf);

function examplesOf(markdown: string): Example[] {
  const found: Example[] = [];
  let current: Example | undefined;
  for (const [line, block] of shellLines(markdown)) {
    if (block.startsWith('$ ')) {
      const exit = /# exit (\d+)\s*$/.exec(block);
      current = { line, command: block.slice(2), exit: exit ? Number(exit[1]) : 0, output: [] };
      found.push(current);
    } else if (block.startsWith('```')) current = undefined;
    else current?.output.push(block);
  }
  return found;
}

/** Lines of the `sh` blocks with their numbers, the closing fence of each included. */
function* shellLines(markdown: string): Generator<[number, string]> {
  let inside = false;
  for (const [index, line] of markdown.split('\n').entries()) {
    if (inside) yield [index + 1, line];
    if (line.startsWith('```')) inside = line === '```sh' && !inside;
  }
}

describe('the README', () => {
  it('shows every command of the program', async () => {
    const { commands } = await Config.load({ root: ROOT, userPlugins: false, devPlugins: false });
    const shown = examples.map(({ command }) => command).join('\n');
    const ids = commands.filter(({ hidden, id }) => !hidden && id !== 'help').map(({ id }) => id.replaceAll(':', ' '));
    expect(ids).toContain('tables describe');
    expect(ids.filter((id) => !shown.includes(`mqdyn ${id}`))).toEqual([]);
  });

  it('is at most 350 lines long', () => {
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(350);
  });

  it('holds no command that is not run', () => {
    const typed = [text, ...pages]
      .flatMap((page) => [...shellLines(page)])
      .map(([, line]) => line)
      .filter((line) => /^([A-Z_]+=\S+ )*mqdyn [a-z]/.test(line));
    expect(typed).toEqual([]);
    expect(examples.length).toBeGreaterThan(30);
  });

  it.for(examples)('line $line: $command', async ({ command, exit, output }) => {
    const { code, stdout, stderr } = await runBin(user, command);
    expect({ command, code, stderr }).toEqual({ command, code: exit, stderr });
    const said = `${stderr}${stdout}`.split('\n');
    let from = 0;
    for (const line of output) {
      const at = said.findIndex(
        (real, index) => index >= from && (real === line || (real.startsWith('mqdyn: ') && real.startsWith(line))),
      );
      expect(at, `${line}\nis not in the output, or not in this order:\n${said.join('\n')}`).toBeGreaterThanOrEqual(0);
      from = at + 1;
    }
  });
});
