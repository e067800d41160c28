import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dynamodbLocal, program } from '../engines/engine.ts';
import { connectTo, createTables } from '../harness/memory-engine.ts';
import { checkStreams, ModelRun, streamCount } from './model-suite.ts';

const LOCAL = process.env['MQDYN_TEST_DYNAMODB_LOCAL'] ?? '';
const DYNOXIDE = process.env['MQDYN_TEST_DYNOXIDE'] ?? '';

/** Engines that are programs of their own; the README next to the engine suite says how they differ. */
const ENGINES = [
  {
    name: 'AWS DynamoDB Local',
    here: existsSync(join(LOCAL, 'DynamoDBLocal.jar')),
    emptyPayloads: false,
    start: () => program('java', dynamodbLocal, LOCAL),
  },
  {
    name: 'dynoxide',
    here: existsSync(DYNOXIDE),
    emptyPayloads: true,
    start: () => program(DYNOXIDE, (port) => ['serve', '--port', String(port)]),
  },
];

describe('random streams against the sequential reference, on other engines', () => {
  for (const { name, here, emptyPayloads, start } of ENGINES) {
    it.skipIf(!here && process.env['MQDYN_TEST_ENGINES'] !== 'all')(
      `leave the same tables on ${name}`,
      async () => {
        expect(here, `${name} is not there`).toBe(true);
        const engine = await start();
        const dynamo = connectTo(engine.flags[engine.flags.indexOf('--endpoint-url') + 1]!);
        await createTables(dynamo);
        const run = new ModelRun(dynamo, dynamo, emptyPayloads);
        await checkStreams(run, streamCount(20), `model, ${name}`);
        run.close();
        dynamo.close();
        await engine.stop();
      },
      1_800_000,
    );
  }
});
