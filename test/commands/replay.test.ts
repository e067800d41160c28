import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import Replay from '../../src/commands/replay.ts';
import TablesCreate from '../../src/commands/tables/create.ts';
import { local, runCommand, temporaryFolder } from '../harness/run-command.ts';
import { publish } from '../harness/replay-fixture.ts';

const folder = temporaryFolder();
const target = local(join(folder.path, 'data'));
const SUMMARY = 'read 2 = applied 1 + superseded 0 + skipped 0 + rejected 1';

function recording(name: string, ...lines: (object | string)[]): string {
  const path = join(folder.path, name);
  writeFileSync(path, lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
  return path;
}

beforeAll(async () => {
  await runCommand(TablesCreate, target);
});
afterAll(() => folder.remove());

describe('a dry run', () => {
  it.each([['--json'], ['--diff', '--json']])('%s tells what it rejects and ends with 3', async (...flags) => {
    const file = recording('bad.jsonl', publish(1), 'no json');
    const { code, stdout, stderr } = await runCommand(Replay, [file, '--dry-run', ...flags, ...target]);
    expect(JSON.parse(stdout)).not.toEqual({});
    const reason = `rejected: 1 record is not valid JSON (first: ${file}:2)`;
    expect(stderr.split('\n').filter(Boolean)).toEqual([SUMMARY, reason, 'dry run: nothing was written']);
    expect(code).toBe(3);
  });

  it('--diff ends with 0 where nothing is rejected', async () => {
    const file = recording('good.jsonl', publish(1));
    const { code, stdout, stderr } = await runCommand(Replay, [file, '--dry-run', '--diff', '--format', 'jsonl', ...target]);
    const rows = stdout.split('\n').filter(Boolean);
    expect(rows.map((row) => (JSON.parse(row) as { change: string }).change)).toEqual(['added', 'added']);
    expect(stderr).toContain('read 1 = applied 1 + superseded 0 + skipped 0 + rejected 0');
    expect(code).toBe(0);
  });
});

describe('why records are rejected', () => {
  const binary = { ...publish(2), payload: 'a\ud800b' };
  const bad = (name: string) => recording(name, publish(1), 'no json', 'nor this', binary);
  const files = (name: string) => [
    '--rejects',
    join(folder.path, `${name}.rejects`),
    '--checkpoint',
    join(folder.path, `${name}.at`),
  ];
  const reasons = (file: string) => [
    `rejected: 2 records are not valid JSON (first: ${file}:2)`,
    `rejected: 1 record contains an unpaired surrogate (first: ${file}:4)`,
  ];

  it('is told alike by a dry run, a real run and a rendering for import', async () => {
    const file = bad('why.jsonl');
    const rejects = join(folder.path, 'why.rejects');
    const where = `4 = applied 1 + superseded 0 + skipped 0 + rejected 3`;
    const runs = [
      [['--dry-run'], 'dry run: nothing was written'],
      [files('why'), `3 rejected; see the reasons in ${rejects}`],
      [['--to-import', join(folder.path, 'import'), '--rejects', rejects], `3 rejected; see the reasons in ${rejects}`],
    ] as const;
    for (const [flags, last] of runs) {
      const { code, stderr } = await runCommand(Replay, [file, ...flags, ...target]);
      const said = stderr.split('\n').filter(Boolean);
      expect([code, said.slice(-4)]).toEqual([3, [`read ${where}`, ...reasons(file), last]]);
    }
  });

  it('is told when there are too many', async () => {
    const file = bad('many.jsonl');
    for (const flags of [['--dry-run'], files('many')]) {
      const { code, stderr } = await runCommand(Replay, [file, '--max-rejects', '1', ...flags, ...target]);
      expect(code).toBe(3);
      expect(stderr).toContain('E_TOO_MANY_REJECTS: more than 1 record was rejected');
      expect(stderr).toContain(reasons(file)[0]);
    }
  });

  it('counts those of earlier runs when a replay goes on', async () => {
    const file = bad('grows.jsonl');
    const flags = [...files('grows'), ...target];
    await runCommand(Replay, [file, ...flags]);
    appendFileSync(file, 'again no json\n');
    const { code, stderr } = await runCommand(Replay, [file, '--resume', ...flags]);
    expect(code).toBe(3);
    expect(stderr).toContain(
      `rejected: 1 record is not valid JSON (first: ${file}:5)\nrejected: 3 records in earlier runs\n4 rejected`,
    );
  });
});

describe('a wrong value of a flag is one line that says what is allowed', () => {
  it.each([
    ['--max-wcu', '0', 'invalid value "0" for --max-wcu; use 1 or more.'],
    ['--max-wcu', 'x', 'invalid value "x" for --max-wcu; use an integer.'],
    ['--concurrency', '999', 'invalid value "999" for --concurrency; use 256 or less.'],
    ['--retry-for', 'x', '--retry-for: invalid duration "x"; use 500ms, 120s, 5m, 12h or 30d.'],
    ['--retry-for', '', '--retry-for: invalid duration ""; use 500ms, 120s, 5m, 12h or 30d.'],
  ])('%s %s', async (flag, value, sentence) => {
    const { code, stderr } = await runCommand(Replay, ['none.jsonl', flag, value, ...target]);
    expect([code, stderr]).toEqual([2, `mqdyn: E_USAGE: ${sentence} See --help.\n`]);
  });
});

describe('--only', () => {
  const dryRun = async (only: string) => {
    const file = recording('only.jsonl', publish(1));
    const { code, stderr } = await runCommand(Replay, [file, '--dry-run', '--only', only, '--json', ...target]);
    expect(code).toBe(0);
    return stderr.split('\n').filter((line) => line.startsWith('warning'));
  };

  it('warns of an action that no rule runs', async () => {
    expect(await dryRun('on_message_store')).toEqual([
      'warning: --only on_message_store has no effect: no rule runs that action (see mqdyn hooks)',
    ]);
    expect(await dryRun('on_message_publish,on_message_store')).toEqual([
      'warning: --only on_message_store has no effect: no rule runs that action (see mqdyn hooks)',
    ]);
  });

  it('is silent where rules run them all', async () => {
    expect(await dryRun('on_message_publish, on_message_retain')).toEqual([]);
  });
});
