import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../../harness/root.ts';

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

it('npm run check runs every script that CI asks for, and all tests', () => {
  const asked = [...read('.ci/run').matchAll(/npm run --silent (\w+)/g)].map(([, script]) => `npm run ${script}`);
  expect(asked.length).toBeGreaterThan(4);
  const run = scripts['check']!.split(' && ');
  expect(run).toEqual(expect.arrayContaining([...asked, 'npm test']));
  // a test's name on its own would leave tests out; those of the built program and those in tmux have steps of their own
  const projects = ['unit', 'commands', 'model', 'engines'].map((name) => `--project ${name}`).join(' ');
  expect(scripts['test']).toBe(`vitest run --config test/vitest.config.ts ${projects}`);
  expect(scripts['e2e']).toBe('vitest run --config test/vitest.config.ts --project faults --project e2e');
  expect(read('.ci/run')).toMatch(/^ +vitest --project terminal$/m);
});

it('the hosted workflow runs what .ci/run runs, and may only read', () => {
  const workflow = read('.github/workflows/ci.yml');
  expect(workflow).toMatch(/^ +- run: \.ci\/run$/m);
  expect(workflow).toMatch(/^permissions:\n {2}contents: read\n\n/m);
  expect(workflow.match(/permissions:/g)).toHaveLength(1);
  for (const [, version] of workflow.matchAll(/uses: \S+?@(\S+)/g)) expect(version).toMatch(/^v\d+$/);
  // it is called as a program
  expect(statSync(join(ROOT, '.ci/run')).mode & 0o100).not.toBe(0);
});
