import { MQDYN } from './paths.js';
import { runProgram } from './measure.js';
import { withEndpoint } from './servers.js';

/** Messages in sound tables: every one is put beside its id in the map. */
const SIZES = [100_000, 1_000_000, 10_000_000];
const PEAK_MB = 300;

/** Processor time a message and memory of doctor while the tables grow a hundredfold. */
export async function doctor() {
  const points = [];
  for (const size of SIZES) {
    points.push(await withEndpoint({ messages: size }, (endpoint) => measured(endpoint, size), 'doctor-endpoint.js'));
  }
  const first = points[0];
  const last = points.at(-1);
  const note = points
    .map(({ size, micros, peakMB }) => `${size}: ${micros.toFixed(1)} us, ${peakMB?.toFixed(0) ?? '?'} MB`)
    .join('; ');
  const row = { part: 'doctor', better: 'less' };
  return [
    {
      ...row,
      name: 'processor time per message at 10,000,000 over 100,000',
      unit: 'x',
      goal: 1.2,
      value: last.micros / first.micros,
      note,
    },
    {
      ...row,
      name: 'peak of 10,000,000 messages',
      unit: 'MB',
      goal: PEAK_MB,
      value: last.peakMB,
      note: `${last.seconds.toFixed(0)} s`,
    },
  ];
}

async function measured(endpoint, size) {
  const target = ['--endpoint-url', endpoint];
  const rest = await runProgram(process.execPath, [MQDYN, 'tables', 'list', ...target]);
  const { cpu, peakMB, seconds } = await runProgram(process.execPath, [MQDYN, 'doctor', '--json', ...target]);
  return { size, micros: ((cpu - rest.cpu) / size) * 1e6, peakMB, seconds };
}
