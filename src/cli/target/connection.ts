import { join } from 'node:path';
import type { Dynamo } from '../../dynamo/client.ts';
import { isAbsent } from '../../files/make-folder.ts';
import { acquireLock, type Lock } from '../../files/lock.ts';
import type { Target } from './target.ts';

/** An open way to the target; `close` leaves nothing behind. */
export type Connection = { dynamo: Dynamo; close(): Promise<void> };

export type ConnectOptions = {
  command: string;
  attempts: number;
  concurrency: number;
  /** Keys that came with the target. */
  keys?: { accessKeyId: string; secretAccessKey: string } | undefined;
  notice: (sentence: string) => void;
  /** True for a command that may make the data folder. */
  writes: boolean;
  /** Why nothing may be written there; undefined where writing is allowed. */
  readOnly?: string | undefined;
  /** So long another command on the same data folder is waited for, in milliseconds. */
  waitMs?: number;
};

/** The wait for the data folder where nobody says otherwise, in milliseconds. */
const DATA_FOLDER_WAIT = 5_000;

/** DynamoDB Local takes letters and digits only. */
const DUMMY_KEYS = { accessKeyId: 'mqdyn', secretAccessKey: 'mqdyn' };

/** The target in words: region and endpoint, or the folder of the embedded engine. */
export function targetLabel(target: Target | { kind: 'embedded'; dataDir: string }): string {
  if (target.kind === 'embedded') return `the embedded engine in ${target.dataDir}`;
  return `${target.region} at ${target.endpoint ?? 'AWS'}`;
}

/** The same where it stands alone. */
export function labelOf(target: Target): string {
  return target.kind === 'embedded' ? `embedded engine, ${target.dataDir}` : `${target.endpoint ?? 'AWS'}, ${target.region}`;
}

/** Opens the target. The SDK and the embedded engine are loaded here and nowhere before. */
export async function connect(target: Target, options: ConnectOptions): Promise<Connection> {
  const { attempts, concurrency } = options;
  if (target.kind === 'embedded') return connectEmbedded(target.dataDir, options);
  const { Dynamo } = await import('../../dynamo/client.ts');
  const dynamo = new Dynamo({
    region: target.region,
    label: targetLabel(target),
    attempts,
    concurrency,
    ...(target.endpoint === undefined ? {} : { endpoint: target.endpoint }),
    ...(target.profile === undefined ? {} : { profile: target.profile }),
    ...credentialsOf(target.credentials, options.keys),
    ...(options.readOnly === undefined ? {} : { readOnly: options.readOnly }),
  });
  return { dynamo, close: async () => dynamo.close() };
}

function credentialsOf(kind: 'dummy' | 'chain', keys: ConnectOptions['keys']) {
  if (keys !== undefined) return { credentials: keys };
  return kind === 'dummy' ? { credentials: DUMMY_KEYS, dummyKeys: true } : {};
}

async function connectEmbedded(dataDir: string, options: ConnectOptions): Promise<Connection> {
  const folder = join(dataDir, 'dynamodb');
  // a read makes no folder: its name may be mistyped
  const absent = !options.writes && (await isAbsent(folder));
  if (absent) options.notice(`note: there is no data in ${dataDir} yet`);
  const lock = absent ? undefined : await lockFolder(dataDir, options);
  try {
    const [{ startEmbeddedEngine }, { Dynamo }] = await Promise.all([
      import('../../dynamo/embedded-engine.ts'),
      import('../../dynamo/client.ts'),
    ]);
    const engine = await startEmbeddedEngine(absent ? undefined : folder);
    const { attempts, concurrency, readOnly } = options;
    const dynamo = new Dynamo({
      endpoint: engine.endpoint,
      region: 'local',
      label: targetLabel({ kind: 'embedded', dataDir }),
      embedded: engine,
      credentials: DUMMY_KEYS,
      attempts,
      concurrency,
      ...(readOnly === undefined ? {} : { readOnly }),
    });
    const close = async () => {
      dynamo.close();
      await engine.close();
      await lock?.release();
    };
    return { dynamo, close };
  } catch (error) {
    await lock?.release();
    throw error;
  }
}

function lockFolder(dataDir: string, options: ConnectOptions): Promise<Lock> {
  return acquireLock({
    path: join(dataDir, 'dynamodb.lock'),
    what: `the data folder ${dataDir}`,
    command: options.command,
    waitMs: options.waitMs ?? DATA_FOLDER_WAIT,
    // a container that died on a shared volume; LevelDB's own lock refuses a folder that is really in use
    otherHostsAreGone: true,
    notice: options.notice,
  });
}
