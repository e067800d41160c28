// npm runs this in the package's folder before it packs, and postpack.js after; in between the package has a lock file.
import { readFileSync, writeFileSync } from 'node:fs';
import { shrinkwrapOf } from './shrinkwrap.js';

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
writeFileSync('npm-shrinkwrap.json', `${JSON.stringify(shrinkwrapOf(lock), undefined, 2)}\n`);
