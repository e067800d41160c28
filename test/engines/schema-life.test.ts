import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe } from 'vitest';
import { freePort } from '../harness/free-port.ts';
import { temporaryFolder } from '../harness/run-command.ts';
import { dynamodbLocal } from './engine.ts';
import { schemaLife } from '../harness/schema-life.ts';

const DYNAMODB_LOCAL = process.env['MQDYN_TEST_DYNAMODB_LOCAL'];
const DYNOXIDE = process.env['MQDYN_TEST_DYNOXIDE'];

const folder = temporaryFolder();
afterAll(() => folder.remove());

/** Starts an engine as a process of its own and waits until it answers. */
function engine(start: (port: number) => ChildProcess): () => readonly string[] {
  let port = 0;
  let process: ChildProcess | undefined;
  beforeAll(async () => {
    port = await freePort();
    process = start(port);
    for (let tries = 0; tries < 200; tries += 1) {
      const answered = await fetch(`http://127.0.0.1:${port}/`).then(
        () => true,
        () => false,
      );
      if (answered) return;
      await delay(100);
    }
    throw new Error('the engine did not start');
  });
  afterAll(() => process?.kill());
  return () => ['--endpoint-url', `http://127.0.0.1:${port}`];
}

describe.runIf(DYNAMODB_LOCAL)('the life of a schema on DynamoDB Local', () => {
  const cwd = DYNAMODB_LOCAL ?? '';
  schemaLife({
    target: engine((port) => spawn('java', dynamodbLocal(port), { cwd, stdio: 'ignore' })),
    folder: () => join(folder.path, 'dynamodb-local'),
    lacks: [
      'Tags',
      'PointInTimeRecoverySpecification',
      'DeletionProtectionEnabled',
      'TableClass',
      'SSESpecification',
      'OnDemandThroughput',
    ],
  });
});

describe.runIf(DYNOXIDE)('the life of a schema on dynoxide', () => {
  schemaLife({
    target: engine((port) => spawn(DYNOXIDE!, ['serve', '-p', String(port)], { stdio: 'ignore' })),
    folder: () => join(folder.path, 'dynoxide'),
    lacks: ['PointInTimeRecoverySpecification', 'SSESpecification'],
    forgets: ['GlobalSecondaryIndexes.ProvisionedThroughput'],
  });
});
