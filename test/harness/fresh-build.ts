import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.ts';

/** Builds when what is in dist is not what src says: older, missing, or left over from a file that is gone. */
export default function setup(): void {
  if (isFresh()) return;
  const built = spawnSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: 'inherit' });
  if (built.status !== 0 || !isFresh()) throw new Error('the build that is to be tested could not be made');
}

function isFresh(): boolean {
  const sources = filesOf('src', '.ts');
  const built = filesOf('dist', '.js');
  if (sources.length !== built.length) return false;
  const settings = statSync(join(ROOT, 'tsconfig.json')).mtimeMs;
  return sources.every((source, index) => {
    if (source.name !== built[index]!.name) return false;
    return built[index]!.changed >= Math.max(source.changed, settings);
  });
}

function filesOf(folder: string, ending: string): { name: string; changed: number }[] {
  const root = join(ROOT, folder);
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .sort()
    .map((file) => ({ name: file.slice(0, -ending.length), changed: statSync(join(root, file)).mtimeMs }));
}
