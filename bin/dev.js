#!/usr/bin/env node
// Runs from source: builds into dist first, so that what runs is never older than what was written.
await import('../.build/build.js');
await import('./run.js');
