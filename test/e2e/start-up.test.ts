import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../harness/root.ts';

/** Sources in the built files that a start of a command reads: its own file and the program's, and what they import at once. */
function sourcesRead(command: string): string[] {
  const seen = new Set<string>();
  const follow = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, from] of readFileSync(file, 'utf8').matchAll(
      /(?:^|[;}\n])(?:import|export)(?:[^"'();]*?from)?\s*"(\.[^"]+)"/g,
    )) {
      follow(resolve(dirname(file), from!));
    }
  };
  for (const entry of ['cli/main.js', `commands/${command}.js`]) follow(join(ROOT, 'dist', entry));
  return [...seen].flatMap((file) => (JSON.parse(readFileSync(`${file}.map`, 'utf8')) as { sources: string[] }).sources);
}

it.each(['tables/list', 'scan', 'help', 'replay'])('%s reads neither help nor the sentences of usage errors', (command) => {
  const sources = sourcesRead(command);
  expect(sources.some((source) => source.endsWith(`src/commands/${command}.ts`))).toBe(true);
  expect(sources.some((source) => source.endsWith('src/cli/report.ts'))).toBe(true);
  expect(sources.filter((source) => /src\/cli\/(help\/|usage-errors|flag-conflicts)/.test(source))).toEqual([]);
});

it.each(['tables/list', 'scan', 'replay', 'help', 'export', 'import'])(
  '%s reads nothing of S3 before it is asked for',
  (command) => {
    const ofS3 = (source: string) => /node_modules\/@aws-sdk\/client-s3\/|src\/dynamo\/s3\.ts$/.test(source);
    expect(sourcesRead(command).filter(ofS3)).toEqual([]);
    expect(sourcesOfAll().some(ofS3)).toBe(true);
  },
);

it.each(['tables/list', 'scan', 'replay', 'help', 'deliver'])('%s reads nothing of MQTT before it connects', (command) => {
  const ofMqtt = (source: string) => /node_modules\/mqtt(-packet)?\/|src\/broker\//.test(source);
  expect(sourcesRead(command).filter(ofMqtt)).toEqual([]);
  expect(sourcesOfAll().some(ofMqtt)).toBe(true);
});

/** Sources in all built files. */
function sourcesOfAll(): string[] {
  const files = readdirSync(join(ROOT, 'dist'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js.map'));
  return files.flatMap((file) => (JSON.parse(readFileSync(join(ROOT, 'dist', file), 'utf8')) as { sources: string[] }).sources);
}

it('no built file imports node:http, which would load undici with it', () => {
  const files = readdirSync(join(ROOT, 'dist'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
  const using = (pattern: RegExp) => files.filter((file) => pattern.test(readFileSync(join(ROOT, 'dist', file), 'utf8')));
  expect(using(/require\("node:http"\)/)).not.toEqual([]);
  expect(using(/(?:from|import)\s*\(?\s*"(?:node:)?http"/)).toEqual([]);
});
