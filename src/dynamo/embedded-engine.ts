import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { MqdynError } from '../domain/errors.ts';

export type EmbeddedEngine = {
  endpoint: string;
  /** What ended the engine, where it has ended by itself. Waits a moment: the connection is cut before that is known. */
  fault(): Promise<MqdynError | undefined>;
  close(): Promise<void>;
};

type StoreFault = { code?: string; message: string };
type Message = { port: number } | { fault: StoreFault } | { notLoaded: string };

/** So long a new table stays CREATING; the engine must not be closed before. In milliseconds. */
const TABLE_CHANGE_MS = 1;

/** Longest wait for an engine that is being closed, and for the reason of one that has gone, in milliseconds. */
const CLOSE_MS = 10_000;
const FAULT_MS = 1_000;

/**
 * Starts the embedded engine (dynalite) on a free loopback port, its data in `folder`. Loaded only when used. The caller holds
 * the folder's lock; LevelDB has one of its own as a second line. Without a folder the engine is empty and in memory.
 */
export async function startEmbeddedEngine(folder: string | undefined): Promise<EmbeddedEngine> {
  if (folder !== undefined) {
    await makeFolder(folder);
    keepStoreLoaded();
  }
  const worker = new Worker(new URL('embedded-worker.js', import.meta.url), {
    workerData: { folder, tableChangeMs: TABLE_CHANGE_MS },
  });
  let found: MqdynError | undefined;
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const port = await new Promise<number>((resolve, reject) => {
    worker.on('message', (message: Message) => {
      if ('port' in message) return resolve(message.port);
      found = 'fault' in message ? storeFault(folder ?? 'in memory', message.fault) : noEngine(message.notLoaded);
      reject(found);
    });
    worker.once('error', reject);
  });
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async fault() {
      await within(FAULT_MS, ended);
      return found;
    },
    async close() {
      worker.postMessage('close');
      await within(CLOSE_MS, ended);
      await worker.terminate();
    },
  };
}

/**
 * LevelDB's own threads outlive the worker that has loaded it. Loaded here as well, its code is not taken away from under them
 * when the worker ends, which would crash the process.
 */
function keepStoreLoaded(): void {
  try {
    const dynalite = createRequire(createRequire(import.meta.url).resolve('dynalite'));
    createRequire(dynalite.resolve('level'))('classic-level/binding');
  } catch {
    // the worker tells why there is no engine
  }
}

async function within(millis: number, event: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout;
  await Promise.race([event, new Promise<void>((resolve) => (timer = setTimeout(resolve, millis)))]).finally(() =>
    clearTimeout(timer),
  );
}

function storeFault(folder: string, { code, message }: StoreFault): MqdynError {
  const why = `(${message})`;
  if (code === 'LEVEL_LOCKED') return new MqdynError('E_LOCKED', `the data folder ${folder} is in use ${why}`);
  if (code === 'LEVEL_CORRUPTION' || /No such file/.test(message)) {
    return new MqdynError('E_DATA', `the data folder ${folder} is damaged ${why}`);
  }
  return new MqdynError('E_OUTPUT', `cannot write to the data folder ${folder} ${why}`);
}

/** The engine is an optional dependency: where its native store cannot be built, npm installs the program without it. */
function noEngine(why: string): MqdynError {
  return new MqdynError('E_UNSUPPORTED', `no embedded engine on this platform (${process.platform}-${process.arch})`, {
    hint: 'Use DynamoDB Local or another DynamoDB: --endpoint-url http://127.0.0.1:8000',
    cause: new Error(why),
  });
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new MqdynError('E_OUTPUT', `cannot make the data folder ${folder} (${code})`, { cause: error });
  }
}
