import { findAws } from './aws.js';
import { interleave, ratios, runProgram } from './measure.js';
import { MQDYN } from './paths.js';
import { withEndpoint } from './servers.js';

const node = (...args) => runProgram(process.execPath, args);

/** Processor time of short commands over a Node that does nothing. */
export async function start() {
  return withEndpoint({ items: 3_000 }, async (endpoint) => {
    const aws = findAws();
    const runs = await interleave(
      {
        bare: () => node('-e', '0'),
        '--version': () => node(MQDYN, '--version'),
        '--help': () => node(MQDYN, '--help'),
        'tables list': () => node(MQDYN, 'tables', 'list', '--endpoint-url', endpoint),
        ...(aws ? { aws: () => runProgram(aws.path, ['dynamodb', 'list-tables', '--endpoint-url', endpoint]) } : {}),
      },
      11,
    );
    const row = (run, goal, name = run) => {
      const { median: value, ...spread } = runs[run] === undefined ? {} : ratios(runs[run], runs.bare, 'cpu');
      return { part: 'start', name: `${name}, processor time over node -e 0`, unit: 'x', better: 'less', goal, value, ...spread };
    };
    const peer = { ...row('aws', undefined, 'aws dynamodb list-tables'), note: aws?.version ?? 'aws not found' };
    const isOld = Number(process.versions.node.split('.')[0]) < 22;
    const [least, most] = isOld ? [2.2, 4] : [1.8, 3.2];
    return [row('--version', least), row('--help'), row('tables list', most), peer];
  });
}
