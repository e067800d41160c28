import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interleave, ratios, runProgram } from './measure.js';
import { bench, MQDYN } from './paths.js';
import { writeRecording } from './recording.js';

/** Events of each run. One request per write is so slow that fewer do. */
const EVENTS = 100_000;
const EVENTS_ONE_BY_ONE = 20_000;
const PLANNED_EVENTS = 1_000_000;
/** Calls in flight, the default of `replay`. */
const CONCURRENCY = '8';

const node = (args, options) => runProgram(process.execPath, args, options);

/** Replay to the embedded engine against the same writes without the program, start of the engine included in all. */
export async function replay() {
  const folder = await mkdtemp(join(tmpdir(), 'mqdyn-bench-'));
  try {
    const mixed = join(folder, 'mixed.jsonl');
    const publishes = join(folder, 'publishes.jsonl');
    await writeRecording(mixed, EVENTS, { acks: true });
    await writeRecording(publishes, EVENTS, { acks: false });
    const replayed = (file) => () =>
      onNewTables(folder, (data) => node([MQDYN, 'replay', file, ...local(data)], { cwd: folder }));
    const plain = (how, count) => () =>
      onNewTables(folder, (data) => node([bench('engine-writes.js'), how, data, String(count), CONCURRENCY]));
    const runs = await interleave(
      {
        mixed: replayed(mixed),
        'one-by-one': plain('one-by-one', EVENTS_ONE_BY_ONE),
        publishes: replayed(publishes),
        batches: plain('batches', EVENTS),
      },
      3,
    );
    const planned = await planning(folder);
    return [
      row('--dry-run, speed over splitting lines and JSON.parse, processor time', 0.3, planned),
      {
        ...row('events a second over one request per write', 8, ratios(perEvent(runs['one-by-one']), runs.mixed, 'seconds')),
        note: `${EVENTS} events, one by one ${EVENTS_ONE_BY_ONE}`,
      },
      row('publishes a second over raw BatchWriteItem of the same items', 0.7, ratios(runs.batches, runs.publishes, 'seconds')),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs as long as they would be with as many events as the others. */
function perEvent(runs) {
  return runs.map(({ seconds }) => ({ seconds: (seconds * EVENTS) / EVENTS_ONE_BY_ONE }));
}

async function planning(folder) {
  const file = join(folder, 'planned.jsonl');
  await writeRecording(file, PLANNED_EVENTS, { acks: true });
  const runs = await interleave(
    { loop: () => node([bench('line-loop.js'), file]), plan: () => node([MQDYN, 'replay', file, '--dry-run'], { cwd: folder }) },
    3,
  );
  return ratios(runs.loop, runs.plan, 'cpu');
}

function row(name, goal, { median: value, ...range }) {
  return { part: 'replay', name, unit: 'x', better: 'more', goal, value, ...range };
}

const local = (data) => ['--endpoint-url', 'local', '--data-dir', data];

/** Empty tables for each run, made outside of what is measured. */
async function onNewTables(folder, use) {
  const data = await mkdtemp(join(folder, 'data-'));
  await node([MQDYN, 'tables', 'create', ...local(data)]);
  try {
    return await use(data);
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}
