#!/usr/bin/env node
// Runs from source: builds into dist first, so that what runs is never older than what was written.
import { spawnSync } from 'node:child_process';

const built = spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit', cwd: new URL('..', import.meta.url) });
if (built.status !== 0) process.exit(built.status ?? 1);
await import('./run.js');
