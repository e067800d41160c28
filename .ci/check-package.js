// What would be published: the program, its schemas and its README, and nothing else.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

const [{ files, size }] = JSON.parse(
  execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { encoding: 'utf8' }),
);
const paths = files.map(({ path }) => path);

const wanted = [
  'package.json',
  'README.md',
  'bin/run.js',
  'dist/cli/main.js',
  'dist/THIRD-PARTY-NOTICES.txt',
  'oclif.manifest.json',
  ...readdirSync('schemas').map((file) => `schemas/${file}`),
];
const missing = wanted.filter((path) => !paths.includes(path));
const allowed =
  /^(package\.json|README\.md|LICENSE|bin\/run\.js|oclif\.manifest\.json|schemas\/[\w.]+\.json|dist\/.+\.(c?js|js\.map|txt))$/;
const foreign = paths.filter((path) => !allowed.test(path));

console.log(`${paths.length} files, ${Math.round(size / 1024)} KB packed`);
if (missing.length > 0) console.log(`missing: ${missing.join(', ')}`);
if (foreign.length > 0) console.log(`does not belong there: ${foreign.join(', ')}`);
process.exit(missing.length + foreign.length > 0 ? 1 : 0);
