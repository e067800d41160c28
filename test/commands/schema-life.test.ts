import { join } from 'node:path';
import { afterAll, describe } from 'vitest';
import { local, temporaryFolder } from '../harness/run-command.ts';
import { schemaLife } from '../harness/schema-life.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

describe('the life of a schema on the embedded engine', () => {
  schemaLife({
    target: () => local(join(folder.path, 'data')),
    folder: () => folder.path,
    lacks: [
      'GlobalSecondaryIndexes',
      'TimeToLiveSpecification',
      'PointInTimeRecoverySpecification',
      'StreamSpecification',
      'DeletionProtectionEnabled',
      'TableClass',
      'SSESpecification',
      'OnDemandThroughput',
    ],
  });
});
