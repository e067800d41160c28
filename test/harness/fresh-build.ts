import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.ts';

/** What a build is made from; a folder changes when a file comes or goes. */
const INPUTS = ['src', 'scripts', 'tsconfig.json', 'package.json'];

/** Builds before anything runs the built program, unless dist is younger than everything that it is made from. */
export default function setup(): void {
  if (isFresh()) return;
  const built = spawnSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: 'inherit' });
  if (built.status !== 0 || !isFresh()) throw new Error('the build that is to be tested could not be made');
}

function isFresh(): boolean {
  const built = timesOf('dist', '.js');
  const inputs = INPUTS.flatMap((input) => timesOf(input, ''));
  return built.length > 0 && Math.min(...built) >= Math.max(...inputs);
}

/** Times of the last change, in milliseconds, of a file or of a folder and what is in it. */
function timesOf(path: string, ending: string): number[] {
  const root = join(ROOT, path);
  if (!existsSync(root)) return [];
  const inside = statSync(root).isDirectory() ? readdirSync(root, { recursive: true, encoding: 'utf8' }) : [];
  return ['', ...inside].filter((file) => file.endsWith(ending)).map((file) => statSync(join(root, file)).mtimeMs);
}
