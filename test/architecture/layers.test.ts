import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

/** Who may import whom; a room may always import itself. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  files: ['domain'],
  dynamo: ['domain'],
  broker: ['domain'],
  output: ['domain'],
  app: ['domain', 'dynamo', 'broker', 'files'],
  cli: ['app', 'domain', 'dynamo', 'broker', 'files', 'output'],
  commands: ['cli', 'app', 'output', 'domain'],
};

/** Packages that belong to one place. */
const PACKAGES: readonly { package: RegExp; only: RegExp }[] = [
  { package: /^@aws-sdk\/|^@smithy\//, only: /^dynamo\// },
  { package: /^dynalite$/, only: /^dynamo\/embedded-worker\.js$/ },
  { package: /^mqtt(\/|$)/, only: /^broker\// },
  { package: /^chalk$|^cli-table3$|^string-width$/, only: /^output\// },
  { package: /^@oclif\/core$/, only: /^(cli|commands)\// },
  // in dynamo only for the engine's own folder
  { package: /^node:fs/, only: /^files\/|^dynamo\/embedded-engine\.ts$/ },
  {
    package: /^node:(child_process|net|http|https|dns|dns\/promises|timers|timers\/promises)$/,
    only: /^(files|dynamo|broker|cli)\//,
  },
];

const modules = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.[jt]s$/.test(file))
  .map((file) => ({
    file,
    imports: importsOf(readFileSync(join(SRC, file), 'utf8')),
  }));

function importsOf(source: string): { from: string; typeOnly: boolean }[] {
  const statements = source.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]/gms);
  const dynamic = source.matchAll(/\b(?:import|require(?:\.resolve)?)\(\s*['"]([^'"]+)['"]\s*\)/g);
  return [
    ...[...statements].map(([, type, from]) => ({ from: from!, typeOnly: type !== undefined })),
    ...[...dynamic].map(([, from]) => ({ from: from!, typeOnly: false })),
  ];
}

function roomOf(file: string): string {
  return file.split('/')[0]!;
}

describe('the import table of the architecture', () => {
  it('finds the modules that it judges', () => {
    expect(modules.length).toBeGreaterThan(50);
    expect(modules.flatMap(({ imports }) => imports).length).toBeGreaterThan(150);
  });

  it.each(modules)('$file', ({ file, imports }) => {
    const room = roomOf(file);
    expect(Object.keys(ROOMS)).toContain(room);
    for (const { from, typeOnly } of imports) {
      if (from.startsWith('.')) {
        const target = relative(SRC, join(SRC, dirname(file), from));
        const other = roomOf(target);
        if (other !== room) expect(ROOMS[room], `${file} imports ${target}`).toContain(other);
      } else if (!typeOnly) {
        for (const rule of PACKAGES) {
          if (rule.package.test(from)) expect(file, `${file} imports ${from}`).toMatch(rule.only);
        }
      }
    }
  });
});
