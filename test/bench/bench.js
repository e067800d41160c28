// npm run bench [-- PART...] [--out FILE] [--compare FILE]: measures the built program against what else there is, in one run.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { doctor } from './part-doctor.js';
import { growth } from './part-growth.js';
import { importing } from './part-import.js';
import { install } from './part-install.js';
import { listen } from './part-listen.js';
import { move } from './part-move.js';
import { replay } from './part-replay.js';
import { memory, scan, segments } from './part-scan.js';
import { start } from './part-start.js';
import { compareRows, tableOf } from './report.js';

const PARTS = { start, scan, memory, segments, replay, listen, growth, doctor, move, import: importing, install };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string' }, compare: { type: 'string' } },
});
const unknown = positionals.find((part) => !Object.hasOwn(PARTS, part));
if (unknown !== undefined) {
  console.error(`there is no part ${unknown}; there are ${Object.keys(PARTS).join(', ')}`);
  process.exit(2);
}
const rows = [];
for (const part of positionals.length > 0 ? positionals : Object.keys(PARTS)) {
  const started = performance.now();
  rows.push(...(await PARTS[part]()));
  console.error(`${part}: ${((performance.now() - started) / 1000).toFixed(0)} s`);
}
const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}, ${process.platform} ${process.arch}`;
const report = { date: new Date().toISOString().slice(0, 10), node: process.version, machine, rows };
console.log(`${machine}, Node ${process.version}, ${report.date}\n\n${tableOf(rows)}`);
if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(report, null, 2)}\n`);
if (values.compare !== undefined) {
  console.log(`\nagainst ${values.compare}:\n${compareRows(JSON.parse(readFileSync(values.compare, 'utf8')).rows, rows)}`);
}
