import { fork } from 'node:child_process';
import { bench } from './paths.js';

/** Runs `use` with the address of an endpoint that answers from memory, in a process of its own. */
export async function withEndpoint(settings, use, file = 'endpoint.js') {
  const child = fork(bench(file), [JSON.stringify(settings)]);
  try {
    const port = await new Promise((resolve, reject) => child.once('message', resolve).once('error', reject));
    return await use(`http://127.0.0.1:${port}`);
  } finally {
    child.disconnect();
  }
}
