// Loaded with --import into the program: ends it by SIGKILL at one of its file operations, before or after it.
// MQDYN_TEST_KILL_AT is OPERATION:FILE:WHEN:COUNT, for instance rename:checkpoint:before:2. The program itself has no such
// points; Node's own functions are wrapped.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const [operation, file, when, count] = (process.env.MQDYN_TEST_KILL_AT ?? '').split(':');
let left = Number(count);

/** Which of the program's files a path is. */
function fileOf(path) {
  const text = String(path);
  if (text.includes('.checkpoint.lock')) return 'lock';
  if (/\.checkpoint\.[0-9a-f]+\.tmp$/.test(text)) return 'temporary';
  if (text.endsWith('.checkpoint')) return 'checkpoint';
  if (text.endsWith('.rejects.jsonl')) return 'rejects';
  if (text.endsWith('.journal')) return 'journal';
  if (/\.json\.gz(\.partial)?$/.test(text)) return 'data';
  if (/\/state\.json/.test(text)) return 'state';
  if (/\/manifest(-\w+)?\.(json|md5)/.test(text)) return 'manifest';
  if (text.endsWith('.partial')) return 'export';
  return 'folder';
}

function reached(name, path, moment) {
  if (name !== operation || fileOf(path) !== file || moment !== when) return;
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
}

async function around(name, path, run) {
  reached(name, path, 'before');
  const result = await run();
  reached(name, path, 'after');
  return result;
}

const original = { ...fs.promises };
for (const name of ['rename', 'rm', 'link', 'writeFile']) {
  fs.promises[name] = (path, ...rest) => around(name, path, () => original[name](path, ...rest));
}
fs.promises.open = async (path, ...rest) => {
  const handle = await around('open', path, () => original.open(path, ...rest));
  for (const name of ['write', 'writeFile', 'sync', 'truncate', 'close']) {
    const own = handle[name].bind(handle);
    handle[name] = (...args) => around(name, path, () => own(...args));
  }
  return handle;
};
syncBuiltinESMExports();
