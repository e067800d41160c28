import { fork, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from './load.js';
import { runProgram } from './measure.js';
import { bench, MQDYN } from './paths.js';
import { withEndpoint } from './servers.js';

const SECONDS = 5;
const CONNECTIONS = [1, 64];

/** A listener against a bare node:http server that parses the same bodies; the load comes from this process, on the same machine. */
export async function listen() {
  const folder = await mkdtemp(join(tmpdir(), 'mqdyn-bench-'));
  try {
    const bare = await withBare((url) => measured(url));
    const instant = (flags) =>
      withEndpoint({ items: 0 }, (url) => withListener(folder, ['--endpoint-url', url, ...flags], measured));
    const data = join(folder, 'data');
    const local = ['--endpoint-url', 'local', '--data-dir', data];
    await runProgram(process.execPath, [MQDYN, 'tables', 'create', ...local]);
    return [
      ...rows('to a spool', bare, await instant(['--spool', join(folder, 'spool')])),
      ...rows('to an endpoint that answers at once', bare, await instant([])),
      ...rows('to the embedded engine', bare, await withListener(folder, local, measured)),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measured(url) {
  const runs = {};
  await load(url, 8, 1, eventOf);
  for (const connections of CONNECTIONS) runs[connections] = await load(url, connections, SECONDS, eventOf);
  return runs;
}

let salt = 0;

function eventOf(index) {
  salt += index === 1 ? 1 : 0;
  const now = 1_714_727_730_250 + index;
  return {
    event: 'message.publish',
    id: `00061789293F818B${(salt % 256).toString(16).padStart(4, '0')}${index.toString(16).padStart(12, '0')}`.toUpperCase(),
    clientid: `sensor-${index % 500}`,
    username: 'plant',
    topic: `plant/${index % 500}/temp`,
    qos: 1,
    flags: { retain: false, dup: false },
    payload: `{"t":21.5,"n":${index}}`,
    peerhost: '10.1.2.3',
    publish_received_at: now,
    timestamp: now,
    node: 'emqx@10.0.0.5',
  };
}

function rows(where, bare, ours) {
  return CONNECTIONS.map((connections) => {
    const [{ perSecond }, mine] = [bare[connections], ours[connections]];
    return {
      part: 'listen',
      name: `events a second ${where} over bare node:http, ${connections} connection${connections === 1 ? '' : 's'}`,
      unit: 'x',
      better: 'more',
      value: mine.perSecond / perSecond,
      note: `${said(mine)}; bare: ${said(bare[connections])}`,
    };
  });
}

function said({ perSecond, p50, p99 }) {
  return `${perSecond.toFixed(0)}/s, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`;
}

async function withBare(use) {
  const child = fork(bench('bare-server.js'));
  try {
    return await use(`http://127.0.0.1:${await new Promise((resolve) => child.once('message', resolve))}`);
  } finally {
    child.disconnect();
  }
}

async function withListener(folder, flags, use) {
  const env = { ...process.env, AWS_REGION: 'local', AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench' };
  const child = spawn(process.execPath, [MQDYN, 'replay', '--listen', '127.0.0.1:0', '--region', 'local', ...flags], {
    cwd: folder,
    env,
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    const url = await new Promise((resolve, reject) => {
      let stderr = '';
      child.stderr.on('data', (part) => {
        const [, found] = /listening on (\S+)/.exec((stderr += part)) ?? [];
        if (found !== undefined) resolve(found);
      });
      child.once('exit', () => reject(new Error(stderr)));
    });
    return await use(url);
  } finally {
    child.kill();
    await ended;
  }
}
