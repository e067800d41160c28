// The embedded engine in a thread of its own: it throws whatever its store fails with into the process that it runs in, far from
// whoever waits for the call. Plain JavaScript, since Node 20 runs no other in a thread.
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';

const { folder, tableChangeMs } = workerData;
const require = createRequire(import.meta.url);

const tell = (message) => parentPort.postMessage(message);

let closing = false;

process.on('uncaughtException', ({ code, cause, message }) => {
  // what was still under way when the store was closed finds it closed
  if (closing) return;
  tell({ fault: { code: cause?.code ?? code, message: cause?.message ?? message } });
  process.exit(1);
});

function load() {
  try {
    const { Level } = createRequire(require.resolve('dynalite'))('level');
    return { dynalite: require('dynalite'), Level };
  } catch (error) {
    tell({ notLoaded: error.message });
    return process.exit(1);
  }
}

/** Longest wait for what was begun, in milliseconds. */
const FINISH_MS = 5_000;

async function serve() {
  const { dynalite, Level } = load();
  // the engine itself opens the store without telling how that went
  if (folder !== undefined) {
    const store = new Level(folder);
    await store.open();
    await store.close();
  }
  const change = { createTableMs: tableChangeMs, deleteTableMs: tableChangeMs, updateTableMs: tableChangeMs };
  const server = dynalite({ path: folder, ...change });
  // a connection that the server drops as idle at the moment of the next call is a call that fails
  server.keepAliveTimeout = 0;
  // requests that the engine still works on, whether or not anybody waits for the answer
  let unanswered = 0;
  server.prependListener('request', (_, response) => {
    unanswered += 1;
    const end = response.end.bind(response);
    response.end = (...args) => {
      unanswered -= 1;
      return end(...args);
    };
  });
  server.listen(0, '127.0.0.1', () => tell({ port: server.address().port }));
  parentPort.once('message', async () => {
    const deadline = performance.now() + FINISH_MS;
    // a table that was just created or dropped settles first
    await new Promise((resolve) => setTimeout(resolve, tableChangeMs * 10));
    while (unanswered > 0 && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 2));
    closing = true;
    server.closeAllConnections();
    // the thread ends by itself when the store is closed: to exit while its native part is at work can crash the process
    server.close();
  });
}

void serve();
