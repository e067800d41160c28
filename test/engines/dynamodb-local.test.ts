import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { dynamodbLocal, program } from './engine.ts';
import { engineSuite } from './engine-suite.ts';

/** The folder that holds DynamoDBLocal.jar and DynamoDBLocal_lib. */
const FOLDER = process.env['MQDYN_TEST_DYNAMODB_LOCAL'];

function missing(): string | undefined {
  if (!FOLDER) return 'MQDYN_TEST_DYNAMODB_LOCAL names no folder';
  if (!existsSync(join(FOLDER, 'DynamoDBLocal.jar'))) return `${FOLDER} holds no DynamoDBLocal.jar`;
  return spawnSync('java', ['-version']).status === 0 ? undefined : 'there is no java';
}

const reason = missing();

engineSuite({
  name: 'AWS DynamoDB Local',
  differences: {
    refusesEmptyStrings: true,
    makesKeyOnlyRows: true,
    scansOneTooMany: false,
    scansAtOnePrice: false,
  },
  ...(reason === undefined ? {} : { missing: reason }),
  start: () => program('java', dynamodbLocal, FOLDER),
});
