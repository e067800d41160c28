import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './paths.js';

/** What a user gets on the disk: the packed program installed into an empty folder, without running install scripts. */
export async function install() {
  const folder = mkdtempSync(join(tmpdir(), 'mqdyn-bench-'));
  try {
    const [packed] = JSON.parse(npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], ROOT));
    writeFileSync(join(folder, 'package.json'), '{}');
    npm(
      ['install', '--omit=dev', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', join(folder, packed.filename)],
      folder,
    );
    const lock = JSON.parse(readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8'));
    return [
      row('packages', '', Object.keys(lock.packages).length, 40),
      row('on the disk', 'MB', sizeOf(join(folder, 'node_modules')) / 1e6, 30),
      row('of that the program itself', 'MB', sizeOf(join(folder, 'node_modules/mqdyn')) / 1e6),
      row('download of the program itself', 'MB', packed.size / 1e6),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function row(name, unit, value, goal) {
  return { part: 'install', name, unit, better: 'less', value, goal };
}

function npm(args, cwd) {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

/** Bytes of all files of a folder. */
function sizeOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
