// npm start: the main job from nothing to rows, on the embedded engine, in a folder that is made anew each time.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = (path) => relative(process.cwd(), fileURLToPath(new URL(path, import.meta.url)));
const bin = here('../../bin/run.js');
const recording = here('../fixtures/recordings/mosquitto-2.0.11.jsonl');
const folder = process.argv[2] ?? here('../../.mqdyn/start');

const steps = [
  ['Create the six tables from their schema files.', 'tables create'],
  [
    'Store subscriptions that the broker makes when test-dynamo connects.',
    'subscribe test-dynamo plant/a/temp cam/b/frame --qos 1',
  ],
  [
    'Persist a recording of mosquitto_sub as the backend would have.',
    `replay ${recording} --binary-payload binary --checkpoint ${folder}.checkpoint`,
  ],
  ['See what is there now.', 'tables list --fields table,status,billing,key'],
  ['Look at stored messages.', 'scan mqtt_msg --limit 8'],
  ['Look at the subscriptions of a client.', 'subs test-dynamo'],
];

/** A command as it is typed, no longer than a terminal is wide. */
const typed = (command) => (command.length < 72 ? command : command.replace(/ (?=--)/, ' \\\n    '));

const bold = process.stdout.isTTY && !process.env.NO_COLOR ? (text) => `\x1b[1m${text}\x1b[0m` : (text) => text;
const env = { ...process.env, MQDYN_ENDPOINT_URL: 'local', MQDYN_DATA_DIR: folder };

rmSync(folder, { recursive: true, force: true });

for (const [purpose, command] of steps) {
  console.log(`\n# ${purpose}\n${bold(`$ mqdyn ${typed(command)}`)}`);
  const { status, signal, error } = spawnSync(process.execPath, [bin, ...command.split(' ')], { env, stdio: 'inherit' });
  if (status === 0) continue;
  console.error(`\nThis step ended with ${error?.message ?? signal ?? `exit code ${status}`}; the rest was not tried.`);
  process.exit(status || 1);
}

console.log(`
All of it is in ${folder}, on the embedded engine. Go on from here:

  export MQDYN_ENDPOINT_URL=local MQDYN_DATA_DIR=${folder}
  npx mqdyn scan mqtt_msg --filter "qos > 1 and begins_with(topic, 'plant/')"
  npx mqdyn query mqtt_retain plant/a/state --json
  npx mqdyn help replay
`);
