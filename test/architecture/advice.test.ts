import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../harness/root.ts';

const SOURCES = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter(
  // shell scripts are not advice
  (file) => file.endsWith('.ts') && !file.endsWith('completion-scripts.ts'),
);
const COMMANDS = readdirSync(join(ROOT, 'src/commands'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replace(/\.ts$/, '').replaceAll('/', ' '));

it('advice names only commands that exist, and never a destructive command in one line with others (fault 28)', () => {
  const missing: string[] = [];
  let named = 0;
  for (const file of SOURCES) {
    for (const line of readFileSync(join(ROOT, 'src', file), 'utf8').split('\n')) {
      if (/^\s*(\/\/|\*|\/\*|import )/.test(line)) continue;
      for (const [, words] of line.matchAll(/(?:\bmqdyn|config\.bin %>) ((?:[a-z-]+ ?)+)/g)) {
        const command = COMMANDS.find((id) => `${words} `.startsWith(`${id} `));
        // a sentence about the program is not a command
        if (command === undefined && /^(?:needs|is|has|on|completion|contains|table$)\b/.test(words!)) continue;
        if (command === undefined) missing.push(`${file}: ${words}`);
        named += 1;
      }
      expect([file, /(?:drop|delete|purge)\b.*;.*\bmqdyn|\bmqdyn\b.*;.*(?:drop|delete|purge)\b/.test(line)]).toEqual([
        file,
        false,
      ]);
    }
  }
  expect(missing).toEqual([]);
  expect(named).toBeGreaterThan(30);
});
