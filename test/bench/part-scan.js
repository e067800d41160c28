import { findAws } from './aws.js';
import { interleave, ratios, runProgram, spread } from './measure.js';
import { bench, MQDYN } from './paths.js';
import { withEndpoint } from './servers.js';

/** Whole pages of 3,000 items, so a little more than 200,000. */
const ITEMS = 201_000;
const GOALS = { jsonl: 0.75, json: 0.75, csv: 0.5, table: 0.5, 'ddb-json': 0.9 };

const node = (...args) => runProgram(process.execPath, args);

/** Processor time of a scan against the limit of one Node process and against what people use. */
export async function scan() {
  return withEndpoint({ items: ITEMS }, async (endpoint) => {
    const scanTo = (format) => () =>
      node(MQDYN, 'scan', 'mqtt_msg', '--format', format, '--limit', String(ITEMS * 2), '--endpoint-url', endpoint);
    const runs = await interleave(
      {
        limit: () => node(bench('limit.js'), endpoint),
        ...Object.fromEntries(Object.keys(GOALS).map((format) => [format, scanTo(format)])),
        sdk: () => node(bench('sdk-loop.js'), endpoint),
      },
      5,
    );
    const over = 'speed over fetch + JSON.parse + JSON.stringify';
    return [
      // the goal is about the work of one process; wall time also tells what else the machine did
      ...Object.entries(GOALS).map(([format, goal]) =>
        row(`to ${format}, ${over}`, ratios(runs.limit, runs[format], 'cpu'), goal),
      ),
      ...Object.keys(GOALS).map((format) =>
        row(`to ${format}, the same in wall time`, ratios(runs.limit, runs[format], 'seconds')),
      ),
      row('to jsonl, speed over the SDK document client', ratios(runs.sdk, runs.jsonl, 'cpu')),
      await overAws(endpoint, runs.jsonl),
      itemsASecond(runs.jsonl),
    ];
  });
}

function itemsASecond(runs) {
  const { median, ...range } = spread(runs.map(({ seconds }) => ITEMS / seconds));
  const name = 'items a second to jsonl, start included';
  return { part: 'scan', name, unit: '', better: 'more', value: median, ...range, runs: runs.length };
}

/** Once: it takes as long as everything else together. */
async function overAws(endpoint, jsonl) {
  const name = 'to jsonl, speed over aws dynamodb scan';
  const aws = findAws();
  if (!aws) return { part: 'scan', name, unit: 'x', better: 'more', note: 'aws not found' };
  const run = await runProgram(aws.path, ['dynamodb', 'scan', '--table-name', 'mqtt_msg', '--endpoint-url', endpoint]);
  const peak = run.peakMB === undefined ? '' : `, its peak ${run.peakMB.toFixed(0)} MB`;
  const times = spread(jsonl.map(({ cpu }) => run.cpu / cpu));
  return {
    ...row(name, { ...times, runs: jsonl.length }, 35),
    note: `${aws.version} took ${run.seconds.toFixed(1)} s (${run.cpu.toFixed(1)} s of processor time), once${peak}`,
  };
}

function row(name, { median, low, high, runs }, goal) {
  return { part: 'scan', name, unit: 'x', better: 'more', goal, value: median, low, high, runs };
}

/** Peak memory of a scan of a million items. */
export async function memory() {
  return withEndpoint({ items: 1_002_000 }, async (endpoint) => {
    const rows = [];
    for (const format of ['jsonl', 'ddb-json']) {
      const runs = [];
      const args = [MQDYN, 'scan', 'mqtt_msg', '--format', format, '--endpoint-url', endpoint];
      for (let round = 0; round < 3; round += 1) runs.push(await node(...args));
      const name = `peak of 1,000,000 items to ${format}`;
      const plain = { part: 'memory', name, unit: 'MB', better: 'less', goal: 150 };
      if (runs[0].peakMB === undefined) rows.push({ ...plain, note: 'only known on Linux' });
      else {
        const { median, ...range } = spread(runs.map(({ peakMB }) => peakMB));
        rows.push({ ...plain, value: median, ...range, runs: runs.length });
      }
    }
    return rows;
  });
}

/** Share of N times the speed that N segments reach on an endpoint that takes 20 ms a page. */
export async function segments() {
  return withEndpoint({ items: 16_000, pageItems: 50, delayMs: 20 }, async (endpoint) => {
    const args = (n) => [MQDYN, 'scan', 'mqtt_msg', '--format', 'jsonl', '--segments', String(n), '--endpoint-url', endpoint];
    const counts = [1, 2, 4, 8, 16];
    const runs = await interleave(
      {
        start: () => node(...args(1), '--limit', '1'),
        ...Object.fromEntries(counts.map((n) => [n, () => node(...args(n))])),
      },
      3,
    );
    // what is compared is the reading: the start of the program, one page included, is taken off
    const reading = (n) => runs[n].map(({ seconds }, round) => ({ seconds: seconds - runs.start[round].seconds + 0.02 }));
    return counts.slice(1).map((n) => {
      const { median, low, high, runs: rounds } = ratios(reading(1), reading(n), 'seconds');
      const name = `${n} segments at 20 ms a page, share of ${n} times the speed`;
      const shares = { value: median / n, low: low / n, high: high / n, runs: rounds };
      return { part: 'segments', name, unit: 'x', better: 'more', goal: 0.8, ...shares };
    });
  });
}
