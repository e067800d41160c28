// In the repository npm would take this file for the lock file of everything.
import { rmSync } from 'node:fs';

rmSync('npm-shrinkwrap.json', { force: true });
