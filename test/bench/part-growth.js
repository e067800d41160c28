import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { growthPlot } from './growth-plot.js';
import { runProgram } from './measure.js';
import { bench, MQDYN } from './paths.js';
import { writeRecording } from './recording.js';
import { withEndpoint } from './servers.js';

const SIZES = [10_000, 100_000, 1_000_000];
/** Events of the largest recording: memory must not depend on it. */
const LARGEST = 5_000_000;
/** One reply in so many calls is lost. */
const LOST_EVERY = 100_000;

/** Processor time and memory per item while the work grows a hundredfold; also drawn as test/bench/growth.svg. */
export async function growth() {
  const folder = await mkdtemp(join(tmpdir(), 'mqdyn-bench-'));
  const lines = { 'scan to jsonl': [], 'scan to ddb-json': [], replay: [] };
  let requests;
  let largest;
  const lost = {};
  try {
    for (const size of SIZES) {
      await withEndpoint({ items: size, pageItems: 2_500 }, async (endpoint) => {
        const target = ['--endpoint-url', endpoint];
        for (const format of ['jsonl', 'ddb-json']) {
          const args = ['scan', 'mqtt_msg', '--format', format, ...target];
          const rest = await run([...args, '--limit', '1']);
          lines[`scan to ${format}`].push(point(size, await run(args), rest));
        }
        const recording = join(folder, 'events.jsonl');
        await writeRecording(recording, size, { acks: true });
        const rest = await run(['tables', 'list', ...target]);
        const result = await run(['replay', recording, '--json', ...target], { cwd: folder, capture: true });
        lines.replay.push(point(size, result, rest));
        requests = JSON.parse(result.stdout).requests / size;
      });
    }
    const faulty = join(folder, 'faulty.jsonl');
    await writeRecording(faulty, SIZES.at(-1), { acks: true });
    for (const lostEvery of [0, LOST_EVERY]) {
      await withEndpoint({ items: 0, lostEvery }, async (endpoint) => {
        const args = [
          'replay',
          faulty,
          '--json',
          '--checkpoint',
          join(folder, `${lostEvery}.checkpoint`),
          '--endpoint-url',
          endpoint,
        ];
        lost[lostEvery] = await run(args, { cwd: folder });
      });
    }
    await withEndpoint({ items: 0 }, async (endpoint) => {
      const recording = join(folder, 'events.jsonl');
      await writeRecording(recording, LARGEST, { acks: true });
      largest = await run(['replay', recording, '--json', '--endpoint-url', endpoint], { cwd: folder });
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  await writeFile(bench('growth.svg'), growthPlot(lines));
  return [
    ...Object.entries(lines).flatMap(([name, points]) => rowsOf(name, points)),
    requestsRow(requests),
    largestRow(largest),
    lostRow(lost),
  ];
}

function run(args, options) {
  return runProgram(process.execPath, [MQDYN, ...args], options);
}

/** What the items cost: the start of the program is taken off. */
function point(size, result, rest) {
  return { size, micros: ((result.cpu - rest.cpu) / size) * 1e6, peakMB: result.peakMB };
}

function rowsOf(name, points) {
  const last = points.at(-1);
  const row = (what, unit, value, note) => ({ part: 'growth', name: `${name}: ${what}`, unit, better: 'less', value, note });
  const each = points
    .map(({ size, micros, peakMB }) => `${size}: ${micros.toFixed(1)} us, ${peakMB?.toFixed(0) ?? '?'} MB`)
    .join('; ');
  return [row('processor time per item at 1,000,000 over 100,000', 'x', last.micros / points.at(-2).micros, each)];
}

function largestRow({ peakMB: value, seconds }) {
  const name = 'replay: peak of 5,000,000 events';
  const note = `${Math.round(LARGEST / seconds)} events a second`;
  return { part: 'growth', name, unit: 'MB', better: 'less', goal: 300, value, note };
}

function lostRow({ 0: without, [LOST_EVERY]: faulty }) {
  const name = 'replay: time of 1,000,000 events with one reply lost in 100,000 calls';
  const note = `peak ${faulty.peakMB?.toFixed(0) ?? '?'} MB, ${without.peakMB?.toFixed(0) ?? '?'} MB without`;
  return { part: 'growth', name, unit: 'x', better: 'less', goal: 1.5, value: faulty.seconds / without.seconds, note };
}

function requestsRow(value) {
  const name = 'replay: requests per event at 1,000,000, half of them acks';
  return { part: 'growth', name, unit: '', better: 'less', goal: 0.06, value };
}
