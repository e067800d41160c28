import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Config } from '@oclif/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBroker, type TestBroker } from '../harness/broker.ts';
import { freePort } from '../harness/free-port.ts';
import { ROOT } from '../harness/root.ts';
import { ended, makeUser, runBin, startBin } from '../harness/run-bin.ts';

/**
 * Runs every command of the README and of its further pages, in order, in one folder. In a `sh` block a line that starts with `$ ` is
 * a command (its variables, pipes and redirections too); it ends with 0, or as a comment `# exit N` on it says. The lines below it are
 * some of its output: each of them has to be there, in that order. One that ends with `&` goes on beside the others until `kill %1`.
 * The folder holds the files of fixtures/readme and the recordings, and nothing stands between the embedded engine and its being used
 * without a name. The broker on port 1883 is aedes; this port and that of the listener are others here.
 */
type Example = { line: number; command: string; exit: number; output: string[] };

const user = makeUser();
cpSync(join(ROOT, 'test/fixtures/readme'), user.folder, { recursive: true });
cpSync(join(ROOT, 'test/fixtures/recordings'), join(user.folder, 'test/fixtures/recordings'), { recursive: true });

let broker: TestBroker;
let port: number;
let beside: ChildProcessWithoutNullStreams | undefined;
beforeAll(async () => {
  broker = await startBroker();
  port = await freePort();
});
afterAll(async () => {
  beside?.kill('SIGKILL');
  await broker.close();
  user.remove();
});

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

  it.for(examples)('line $line: $command', async (example) => {
    const command = here(example.command);
    const output = example.output.map(here);
    if (/ & *(#.*)?$/.test(command)) {
      beside = startBin(user, `exec ${command.replace(/ & *(#.*)?$/, '')}`);
      expectLines(await saidUntil(beside, output.at(-1)!), output);
    } else if (command === 'kill %1') {
      const end = ended(beside!);
      beside!.kill();
      const { signal, stderr } = await end;
      expect(signal).toBe('SIGTERM');
      expectLines(stderr, output);
    } else {
      const { code, stdout, stderr } = await runBin(user, command);
      expect({ command, code, stderr }).toEqual({ command, code: example.exit, stderr });
      expectLines(`${stderr}${stdout}`, output);
    }
  });
});

/** A line with the ports of this run. */
function here(line: string): string {
  return line.replaceAll('127.0.0.1:1883', `127.0.0.1:${broker.port}`).replaceAll('127.0.0.1:8333', `127.0.0.1:${port}`);
}

/** Each line has to be in what was said, in this order. */
function expectLines(all: string, output: readonly string[]): void {
  const said = all.split('\n');
  let from = 0;
  for (const line of output) {
    const at = said.findIndex(
      (real, index) => index >= from && (real === line || (real.startsWith('mqdyn: ') && real.startsWith(line))),
    );
    expect(at, `${line}\nis not in the output, or not in this order:\n${all}`).toBeGreaterThanOrEqual(0);
    from = at + 1;
  }
}

/** What a program says on stderr up to a line. */
function saidUntil(child: ChildProcessWithoutNullStreams, line: string): Promise<string> {
  let said = '';
  return new Promise((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes(`${line}\n`)) resolve(said);
    });
    child.on('exit', (code) => reject(new Error(`ended with ${code}: ${said}`)));
  });
}
