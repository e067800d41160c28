import { spawn } from 'node:child_process';
import { openSync, closeSync, readFileSync } from 'node:fs';

/** @typedef {{ seconds: number, cpu: number, peakMB: number | undefined, stdout: string }} Run one run of a program */

/** How often the peak memory of a running program is looked at, in milliseconds. */
const LOOK_EVERY = 20;

/**
 * Runs a program with its output thrown away. `seconds` is wall time, `cpu` is user and system time in seconds as bash's
 * `time` counts it, `peakMB` the largest resident size (Linux only), `stdout` what it wrote when that is captured. Rejects when the program fails.
 */
export async function runProgram(command, args, { env = {}, cwd, capture = false } = {}) {
  const nothing = capture ? 'pipe' : openSync('/dev/null', 'w');
  const started = performance.now();
  const child = spawn('bash', ['-c', 'TIMEFORMAT="bench %U %S"; time "$@"', 'bench', command, ...args], {
    stdio: ['ignore', nothing, 'pipe'],
    env: { ...process.env, ...QUIET, ...env },
    cwd,
  });
  if (!capture) closeSync(nothing);
  let stdout = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => (stdout += text));
  let peak;
  const look = setInterval(() => (peak = peakOf(child.pid) ?? peak), LOOK_EVERY);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  clearInterval(look);
  const seconds = (performance.now() - started) / 1000;
  const times = /^bench ([\d.]+) ([\d.]+)$/m.exec(stderr);
  if (code !== 0 || !times) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${stderr}`);
  return { seconds, cpu: Number(times[1]) + Number(times[2]), peakMB: peak, stdout };
}

/** Nothing of the person's own configuration takes part. */
const QUIET = {
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
  AWS_REGION: 'us-west-2',
  AWS_DEFAULT_REGION: 'us-west-2',
  AWS_CONFIG_FILE: '/nonexistent',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
  NO_COLOR: '1',
};

/** The peak of bash's only child, in MB. */
function peakOf(pid) {
  try {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
    const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
  } catch {
    return undefined;
  }
}

/** Runs several cases in turn, round after round, so that whatever else the machine does meets all of them. */
export async function interleave(cases, rounds) {
  const runs = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, run] of Object.entries(cases)) runs[name].push(await run());
  }
  return runs;
}

/** Median, lowest and highest of the ratios between the runs of the same round. */
export function ratios(over, under, member) {
  const each = over.map((run, round) => run[member] / under[round][member]);
  return { ...spread(each), runs: each.length };
}

/** Median, lowest and highest of some values. */
export function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, low: sorted[0], high: sorted.at(-1) };
}
