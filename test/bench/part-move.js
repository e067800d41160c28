import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interleave, ratios, runProgram, spread } from './measure.js';
import { bench, MQDYN } from './paths.js';
import { withEndpoint } from './servers.js';

/** Whole pages of 3,000 items, so a little more than 200,000, 1,000,000 and 5,000,000. */
const ITEMS = 201_000;
const MANY_ITEMS = 1_002_000;
const SORTED_ITEMS = 5_001_000;

const node = (...args) => runProgram(process.execPath, args);

/** Export against a scan that does no more than it must, and the memory that it takes. */
export async function move() {
  const folder = await mkdtemp(join(tmpdir(), 'mqdyn-bench-'));
  try {
    return [...(await withEndpoint({ items: ITEMS }, (endpoint) => exporting(folder, endpoint))), ...(await peaks(folder))];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function exportTo(folder, endpoint, ...flags) {
  const out = join(folder, 'out');
  const args = ['export', 'mqtt_msg', '--out', out, '--force', '--restart', '--endpoint-url', endpoint, ...flags];
  return () => node(MQDYN, ...args);
}

async function exporting(folder, endpoint) {
  const runs = await interleave(
    {
      limit: () => node(bench('limit.js'), endpoint),
      plain: exportTo(folder, endpoint),
      four: exportTo(folder, endpoint, '--segments', '4'),
      sorted: exportTo(folder, endpoint, '--sorted'),
    },
    5,
  );
  const over = 'speed over fetch + JSON.parse + JSON.stringify, wall time';
  return [
    row(`export, ${over}`, ratios(runs.limit, runs.plain, 'seconds'), 0.7),
    row(`export --segments 4, ${over}`, ratios(runs.limit, runs.four, 'seconds')),
    row(`export --sorted, ${over}`, ratios(runs.limit, runs.sorted, 'seconds')),
    row('export, the same in processor time, gzip included', ratios(runs.limit, runs.plain, 'cpu')),
  ];
}

async function peaks(folder) {
  const plain = await withEndpoint({ items: MANY_ITEMS }, (endpoint) => interleave({ runs: exportTo(folder, endpoint) }, 3));
  const sorted = await withEndpoint({ items: SORTED_ITEMS }, (endpoint) =>
    interleave({ runs: exportTo(folder, endpoint, '--sorted') }, 1),
  );
  return [peak('export', '1,000,000', plain.runs, 200), peak('export --sorted', '5,000,000', sorted.runs, 300)];
}

function peak(what, items, runs, goal) {
  const { median, ...range } = spread(runs.map(({ peakMB }) => peakMB));
  const name = `${what}, peak of ${items} items`;
  return { part: 'move', name, unit: 'MB', better: 'less', goal, value: median, ...range, runs: runs.length };
}

function row(name, { median: value, ...range }, goal) {
  return { part: 'move', name, unit: 'x', better: 'more', goal, value, ...range };
}
