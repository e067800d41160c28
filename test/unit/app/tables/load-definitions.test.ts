import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseDefinitions, loadDefinitions } from '../../../../src/app/tables/load-definitions.ts';
import { MqdynError } from '../../../../src/domain/errors.ts';
import { temporaryFolder } from '../../../harness/run-command.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../../../fixtures/schemas/${name}`, import.meta.url));
const schema = (table: string) =>
  JSON.stringify({
    TableName: table,
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    BillingMode: 'PAY_PER_REQUEST',
  });

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const put = (name: string, text: string) => writeFileSync(join(folder.path, name), text);

async function fault(path = folder.path): Promise<MqdynError> {
  const error: unknown = await loadDefinitions(path).catch((thrown: unknown) => thrown);
  if (error instanceof MqdynError) return error;
  throw new Error('no fault');
}

const names = async (...wanted: string[]) => (await chooseDefinitions(folder.path, wanted)).map((table) => table.TableName);

describe('loadDefinitions', () => {
  it('shows the broken line with a caret', async () => {
    const error = await fault(fixture('missing-bracket'));
    expect(error).toMatchObject({ code: 'E_SCHEMA', exit: 4 });
    expect(error.message).toBe(
      `${fixture('missing-bracket/mqtt_sub.json')}:10:3: expected ',' or ']' inside AttributeDefinitions (opened at line 7), found '"ProvisionedThroughput"'`,
    );
    expect(error.detail).toEqual(['    "ProvisionedThroughput": { "ReadCapacityUnits": 5, "WriteCapacityUnits": 5 }', '    ^']);
  });

  it('says where the opening brace is missing', async () => {
    expect((await fault(fixture('missing-brace'))).message).toMatch(/mqtt_msg\.json:1:1: expected '\{', found '"TableName"'$/);
  });

  it('reports the faults of all files', async () => {
    put('aaa.json', '{');
    put('bbb.json', schema('b'));
    put('ccc.json', schema('good'));
    const error = await fault();
    expect(error.message).toMatch(/aaa\.json:1:2: /);
    expect(error.detail).toEqual(['  {', '   ^', expect.stringMatching(/bbb\.json:1:14: \$\.TableName: must be/)]);
  });

  it.each<[string, () => void, RegExp]>([
    [
      'two files of one table',
      () => ['a1.json', 'a2.json'].forEach((name) => put(name, schema('same'))),
      /same is already defined in a1\.json/,
    ],
    [
      'a file that defines another one of the six',
      () => put('mqtt_msg.json', schema('mqtt_sub')),
      /the file for mqtt_msg defines mqtt_sub/,
    ],
    ['an empty folder', () => undefined, /no schema file/],
    ['a folder in place of a file', () => mkdirSync(join(folder.path, 'x.json')), /x\.json is not a file/],
    ['a file over 1 MB', () => put('x.json', ' '.repeat((1 << 20) + 1)), /larger than 1 MB/],
    [
      'a link out of the folder',
      () => symlinkSync(fixture('missing-brace/mqtt_msg.json'), join(folder.path, 'x.json')),
      /points outside/,
    ],
    ['a link to nothing', () => symlinkSync('nothing', join(folder.path, 'x.json')), /x\.json cannot be read \(ENOENT\)/],
    [
      'bytes that are not UTF-8',
      () => writeFileSync(join(folder.path, 'x.json'), Buffer.from([0x7b, 0xff, 0x7d])),
      /is not UTF-8/,
    ],
  ])('refuses %s', async (_, make, message) => {
    make();
    const error = await fault();
    expect(error).toMatchObject({ code: 'E_SCHEMA', exit: 4 });
    expect(error.message).toMatch(message);
  });

  it('takes a link inside of the folder, exactly 1 MB, and leaves other files alone', async () => {
    put('real.json', schema('real').padEnd(1 << 20));
    put('notes.txt', 'x');
    put('x.schema.json', 'x');
    expect((await loadDefinitions(folder.path)).map((definition) => definition.TableName)).toEqual(['real']);
  });

  it('says so when there is no such folder', async () => {
    expect((await fault(join(folder.path, 'none'))).message).toMatch(/none cannot be read \(ENOENT\)/);
  });
});

describe('chooseDefinitions', () => {
  beforeEach(() => ['one', 'two'].forEach((table) => put(`${table}.json`, schema(table))));

  it('takes the named ones, or all', async () => {
    expect(await names()).toEqual(['one', 'two']);
    expect(await names('two')).toEqual(['two']);
  });

  it('refuses a name that no file defines', async () => {
    await expect(chooseDefinitions(folder.path, ['tow'])).rejects.toMatchObject({
      exit: 2,
      message: 'no schema file defines tow. Did you mean two?',
      hint: 'Tables: one, two.',
    });
  });
});
