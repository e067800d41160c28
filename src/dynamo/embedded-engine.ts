import { createRequire } from 'node:module';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir } from 'node:fs/promises';
import { MqdynError } from '../domain/errors.ts';
import { watchStore, type StoreClass } from './embedded-store.ts';

export type EmbeddedEngine = { endpoint: string; close(): Promise<void> };

type Dynalite = (options: {
  path: string | undefined;
  createTableMs: number;
  deleteTableMs: number;
  updateTableMs: number;
}) => Server;

/** So long a new table stays CREATING; the engine must not be closed before. In milliseconds. */
const TABLE_CHANGE_MS = 1;

/** Longest wait for requests that are under way when the engine is closed, and how often it looks. In milliseconds. */
const FINISH_MS = 5_000;
const POLL_MS = 2;

/**
 * Starts the embedded engine (dynalite) on a free loopback port, its data in `folder`. Loaded only when used. The caller
 * holds the folder's lock; LevelDB has one of its own as a second line. Without a folder the engine is empty and in memory.
 */
export async function startEmbeddedEngine(folder: string | undefined): Promise<EmbeddedEngine> {
  if (folder !== undefined) await makeFolder(folder);
  const require = createRequire(import.meta.url);
  const dynalite = require('dynalite') as Dynalite;
  const { Level } = createRequire(require.resolve('dynalite'))('level') as { Level: StoreClass };
  const opened = watchStore(Level);
  const change = { createTableMs: TABLE_CHANGE_MS, deleteTableMs: TABLE_CHANGE_MS, updateTableMs: TABLE_CHANGE_MS };
  const server = dynalite({ path: folder, ...change });
  // a connection that the server drops as idle at the moment of the next call is a call that fails
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  if (folder !== undefined) {
    await opened(folder).catch(async (error: unknown) => {
      await new Promise((resolve) => server.close(resolve));
      throw error;
    });
  }
  const { port } = server.address() as AddressInfo;
  const unanswered = countUnanswered(server);
  return { endpoint: `http://127.0.0.1:${port}`, close: () => close(server, unanswered) };
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new MqdynError('E_OUTPUT', `cannot make the data folder ${folder} (${code})`, { cause: error });
  }
}

/** Requests that the engine still works on, whether or not anybody waits for the answer. */
function countUnanswered(server: Server): () => number {
  let count = 0;
  server.prependListener('request', (_, response) => {
    count += 1;
    const end = response.end.bind(response) as (...args: unknown[]) => typeof response;
    response.end = (...args: unknown[]) => {
      count -= 1;
      return end(...args);
    };
  });
  return () => count;
}

async function close(server: Server, unanswered: () => number): Promise<void> {
  // a table that was just created or dropped settles first
  await new Promise((resolve) => setTimeout(resolve, TABLE_CHANGE_MS * 10));
  // a page that is read from a closed store brings the process down: what was begun is finished first
  const deadline = performance.now() + FINISH_MS;
  while (unanswered() > 0 && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  server.closeAllConnections();
  await new Promise<void>((resolve, reject) => {
    server.close((error) =>
      error ? reject(new MqdynError('E_OUTPUT', `the embedded engine did not close (${error.message})`)) : resolve(),
    );
  });
}
