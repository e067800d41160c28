import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import TablesCreate from '../../src/commands/tables/create.ts';
import { local, ROOT, runCommand } from '../harness/run-command.ts';
import { NOW, seed } from '../harness/seed-data.ts';
import { PLANT, recording } from './plant.ts';
import { TASKS } from './tasks.ts';
import { hasTmux, Terminal } from './terminal.ts';

/** All tasks in a terminal of one size, each against a picture of its screen; `-u` draws the pictures anew. */
export function terminalSuite(columns: number, rows: number): void {
  const size = `${columns}x${rows}`;
  if (!hasTmux()) {
    it.skip(`${size} is NOT CHECKED: there is no tmux or no bash`);
    return;
  }
  describe(size, () => {
    const home = mkdtempSync(join(tmpdir(), 'mqdyn-terminal-'));
    let terminal: Terminal | undefined;

    beforeAll(async () => {
      const [work, bin] = [join(home, 'work'), join(home, 'bin')];
      for (const folder of [work, bin]) mkdirSync(folder);
      const store = join(work, 'store');
      await runCommand(TablesCreate, local(store), { now: NOW });
      await seed(store, PLANT);
      writeFileSync(join(work, 'recording.jsonl'), recording());
      const program = `exec "${process.execPath}" --import "${join(ROOT, 'test/terminal/fixed-clock.js')}" "${join(ROOT, 'bin/run.js')}" "$@"`;
      writeFileSync(join(bin, 'mqdyn'), `#!/bin/sh\n${program}\n`, { mode: 0o755 });
      terminal = await Terminal.open({ columns, rows }, home, work, {
        PATH: `${bin}:${process.env['PATH']}`,
        HOME: home,
        MQDYN_TEST_NOW: String(NOW),
        MQDYN_ENDPOINT_URL: 'local',
        MQDYN_DATA_DIR: 'store',
        AWS_EC2_METADATA_DISABLED: 'true',
      });
    });
    afterAll(async () => {
      await terminal?.close();
      // the shell may still be going away
      rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    });

    it.each(TASKS.map((task, at) => ({ ...task, number: String(at + 1).padStart(2, '0') })))(
      '$number $title',
      async ({ number, title, line, until, key }) => {
        const seen = until === undefined ? terminal!.type(line) : terminal!.watch(line, until, key!);
        const { screen, wrapped } = await seen;
        const name = `${number}-${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`;
        await expect(`${masked(screen)}\n`).toMatchFileSnapshot(`../fixtures/golden/terminal/${size}/${name}.txt`);
        expect(wrapped.filter((each) => !MAY_BE_LONG.test(each))).toEqual([]);
      },
    );
  });
}

/** What is typed, and formats for programs. */
const MAY_BE_LONG = /^(\$ |\{)/;

/** The one thing that differs from run to run: how long a replay took. */
function masked(screen: string): string {
  return screen.replaceAll(/\b\d+\.\d s$/gm, 'N.N s');
}
