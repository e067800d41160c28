import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interleave, ratios, runProgram } from './measure.js';
import { bench, MQDYN } from './paths.js';
import { writeRecording } from './recording.js';
import { withEndpoint } from './servers.js';

/** Messages whose tables are exported and imported again. */
const MESSAGES = 100_000;
/** Items of the import whose memory is measured. */
const LARGEST = 1_000_000;
/** Calls in flight, the default of `import`. */
const CONCURRENCY = '8';

const node = (args, options) => runProgram(process.execPath, args, options);
const mqdyn = (args, options) => node([MQDYN, ...args], options);

/** Import to the embedded engine against raw BatchWriteItem calls of the same items, start of the engine included in both. */
export async function importing() {
  const folder = await mkdtemp(join(tmpdir(), 'mqdyn-bench-'));
  try {
    const recording = join(folder, 'events.jsonl');
    const exported = join(folder, 'exported');
    await writeRecording(recording, MESSAGES, { acks: false });
    await onNewTables(folder, async (data) => {
      await mqdyn(['replay', recording, ...local(data)], { cwd: folder });
      await mqdyn(['export', '--out', exported, ...local(data)], { cwd: folder });
    });
    const runs = await interleave(
      {
        imported: () => onNewTables(folder, (data) => mqdyn(['import', exported, ...local(data)], { cwd: folder })),
        batches: () =>
          onNewTables(folder, (data) => node([bench('engine-writes.js'), 'batches', data, String(MESSAGES), CONCURRENCY])),
      },
      3,
    );
    const { median: value, ...range } = ratios(runs.batches, runs.imported, 'seconds');
    const speed = { name: 'items a second over raw BatchWriteItem of the same items', unit: 'x', better: 'more', goal: 0.7 };
    return [{ part: 'import', ...speed, value, ...range }, await peak(folder)];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function peak(folder) {
  const large = join(folder, 'large');
  await withEndpoint({ items: LARGEST }, (endpoint) => mqdyn(['export', 'mqtt_msg', '--out', large, '--endpoint-url', endpoint]));
  const { peakMB: value, seconds } = await withEndpoint({ items: 0 }, (endpoint) =>
    mqdyn(['import', large, '--endpoint-url', endpoint], { cwd: folder }),
  );
  const note = `${Math.round(LARGEST / seconds)} items a second`;
  return { part: 'import', name: 'peak of 1,000,000 items', unit: 'MB', better: 'less', goal: 250, value, note };
}

const local = (data) => ['--endpoint-url', 'local', '--data-dir', data];

/** Empty tables for each run, made outside of what is measured. */
async function onNewTables(folder, use) {
  const data = await mkdtemp(join(folder, 'data-'));
  await mqdyn(['tables', 'create', ...local(data)]);
  try {
    return await use(data);
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}
