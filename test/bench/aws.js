import { spawnSync } from 'node:child_process';

/** The AWS CLI and its version, or undefined where there is none. */
export function findAws() {
  // pyenv puts a shell script before every program; what is measured is the program
  const real = spawnSync('pyenv', ['which', 'aws'], { encoding: 'utf8' });
  const path = real.status === 0 ? real.stdout.trim() : 'aws';
  const { status, stdout, stderr } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return status === 0 ? { path, version: `${stdout}${stderr}`.trim().split(' ')[0] } : undefined;
}
