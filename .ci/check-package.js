// What would be published, packed as npm packs it: the program, its schemas, its README and its lists, and nothing else.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

const [{ files, size }] = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json'], { encoding: 'utf8' }));
const paths = files.map(({ path }) => path);

const wanted = [
  'package.json',
  'README.md',
  'bin/run.js',
  'dist/cli/main.js',
  'dist/THIRD-PARTY-NOTICES.txt',
  'dist/sbom.cdx.json',
  'npm-shrinkwrap.json',
  'oclif.manifest.json',
  ...readdirSync('schemas', { recursive: true })
    .filter((file) => file.endsWith('.json'))
    .map((file) => `schemas/${file}`),
];
const missing = wanted.filter((path) => !paths.includes(path));
const allowed =
  /^(package\.json|README\.md|LICENSE|bin\/run\.js|oclif\.manifest\.json|npm-shrinkwrap\.json|schemas\/(?:output\/)?[\w.-]+\.json|dist\/.+\.(c?js|js\.map|txt|cdx\.json))$/;
const foreign = paths.filter((path) => !allowed.test(path));

console.log(`${paths.length} files, ${Math.round(size / 1024)} KB packed`);
if (missing.length > 0) console.log(`missing: ${missing.join(', ')}`);
if (foreign.length > 0) console.log(`does not belong there: ${foreign.join(', ')}`);
const left = existsSync('npm-shrinkwrap.json');
if (left) console.log('npm-shrinkwrap.json was left in the repository');
process.exit(left || missing.length + foreign.length > 0 ? 1 : 0);
