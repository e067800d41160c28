import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { startEmbeddedEngine } from '../../src/dynamo/embedded-engine.ts';
import { local, temporaryFolder } from '../harness/run-command.ts';

/** How an engine differs from DynamoDB where a replay can see it. The README next to this file explains each. */
export type Differences = {
  /** Refuses an attribute that is an empty string, as DynamoDB itself did until May 2020. */
  refusesEmptyStrings: boolean;
  /** Taking an id out of a topic that has no row leaves a row with nothing but its key. */
  makesKeyOnlyRows: boolean;
  /** Counts the item that no longer fits on a page as scanned. */
  scansOneTooMany: boolean;
  /** Charges no more for a strongly consistent scan than for any other. */
  scansAtOnePrice: boolean;
};

/** A running engine. `flags` name it to a command; `ask` works on it with the SDK alone, past everything that is tested. */
export type Engine = {
  flags: string[];
  ask<T>(question: (client: DynamoDBClient) => Promise<T>): Promise<T>;
  stop(): Promise<void>;
};

export type EngineKind = {
  name: string;
  differences: Differences;
  /** Why it cannot run here; undefined when it can. */
  missing?: string;
  start: () => Promise<Engine>;
};

const KEYS = { accessKeyId: 'mqdyn', secretAccessKey: 'mqdyn' };
const REGION = 'us-west-2';
const START_MS = 60_000;

/** The embedded engine runs inside of each command, so its data folder is opened anew for every question. */
export async function embedded(): Promise<Engine> {
  const folder = temporaryFolder();
  return {
    flags: local(folder.path),
    ask: async (question) => {
      const engine = await startEmbeddedEngine(`${folder.path}/dynamodb`);
      try {
        return await withClient(engine.endpoint, question);
      } finally {
        await engine.close();
      }
    },
    stop: async () => folder.remove(),
  };
}

/** An engine that is a program of its own, on a free loopback port, until it is stopped. */
export async function program(file: string, args: (port: number) => string[], folder?: string): Promise<Engine> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const child = spawn(file, args(port), { stdio: 'ignore', ...(folder === undefined ? {} : { cwd: folder }) });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  await ready(child, endpoint);
  return {
    flags: ['--endpoint-url', endpoint, '--region', REGION],
    ask: (question) => withClient(endpoint, question),
    stop: async () => {
      process.off('exit', kill);
      const gone = new Promise((resolve) => child.once('exit', resolve));
      kill();
      await gone;
    },
  };
}

async function withClient<T>(endpoint: string, question: (client: DynamoDBClient) => Promise<T>): Promise<T> {
  const client = new DynamoDBClient({ endpoint, region: REGION, credentials: KEYS });
  try {
    return await question(client);
  } finally {
    client.destroy();
  }
}

async function ready(child: ChildProcess, endpoint: string): Promise<void> {
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  for (const deadline = Date.now() + START_MS; ; await delay(100)) {
    if (failure !== undefined) throw failure;
    if (child.exitCode !== null) throw new Error(`the engine ended with ${child.exitCode} before it answered`);
    const answered = await withClient(endpoint, (client) => client.send(new ListTablesCommand({}))).catch(() => undefined);
    if (answered !== undefined) return;
    if (Date.now() > deadline) throw new Error(`the engine did not answer within ${START_MS / 1000} s`);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** How java starts DynamoDB Local in its folder. */
export function dynamodbLocal(port: number): string[] {
  return ['-Djava.library.path=DynamoDBLocal_lib', '-jar', 'DynamoDBLocal.jar', '-inMemory', '-sharedDb', '-port', String(port)];
}
