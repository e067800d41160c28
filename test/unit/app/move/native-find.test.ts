import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseExports, dataPrefix, findExports, type FoundExport } from '../../../../src/app/move/native/find-exports.ts';
import type { Bucket, Level } from '../../../../src/dynamo/s3.ts';
import { exportFiles, exportId } from '../../../harness/aws/export-files.ts';
import { tableArn } from '../../../harness/aws/state.ts';
import { definitionOf } from '../../../harness/aws-run.ts';

/** A bucket with these objects; `read` is every prefix that was listed. */
function bucketOf(objects: ReadonlyMap<string, Buffer>): Bucket & { read: string[] } {
  const read: string[] = [];
  return {
    name: 'plant',
    read,
    check: async () => undefined,
    level: async (prefix) => {
      read.push(prefix);
      const rest = [...objects.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
      const level: Level = { keys: rest.filter((key) => !key.includes('/')).map((key) => prefix + key), folders: [] };
      level.folders = [...new Set(rest.filter((key) => key.includes('/')).map((key) => `${prefix}${key.split('/')[0]}/`))];
      return level;
    },
    text: async (key) => objects.get(key)?.toString(),
    close: () => undefined,
  };
}

function written(prefix: string, table: string, { changes = false, seed = table } = {}): Map<string, Buffer> {
  const content = changes ? { from: 0, to: 1, changes: [] } : { at: 1, items: [{ topic: { S: 'a' } }] };
  const arn = `${tableArn(table)}/export/${exportId(1, seed)}`;
  return exportFiles({ arn, tableArn: tableArn(table), tableId: 'id', bucket: 'plant', prefix, start: 1, end: 2, content }).files;
}

const merged = (...all: Map<string, Buffer>[]) => new Map(all.flatMap((one) => [...one]));

describe('finding exports below a prefix', () => {
  it('finds every complete one, however deep, and lists no data files', async () => {
    const prefix = fc.array(fc.stringMatching(/^[a-z]{1,4}$/), { maxLength: 3 }).map((segments) => segments.join('/'));
    const exports = fc.uniqueArray(fc.tuple(prefix, fc.constantFrom('mqtt_msg', 'x-mqtt_sub'), fc.boolean()), {
      maxLength: 5,
      selector: ([place, table, changes]) => `${place} ${table} ${changes}`,
    });
    await fc.assert(
      fc.asyncProperty(exports, fc.nat(4), async (all, unfinished) => {
        const files = all.map(([place, table, changes], at) => {
          const own = written(place, table, { changes, seed: `${place} ${table} ${changes}` });
          if (at === unfinished) for (const key of [...own.keys()]) if (key.includes('/manifest-')) own.delete(key);
          return own;
        });
        const bucket = bucketOf(merged(...files));
        const found = await findExports(bucket, '');
        const tables = found.map(
          ({ folder, table, incremental }) => `${folder.replace(/\/?AWSDynamoDB.*$/, '')} ${table} ${incremental}`,
        );
        const wanted = all.filter((_, at) => at !== unfinished).map(([place, table, changes]) => `${place} ${table} ${changes}`);
        expect(tables.sort()).toEqual(wanted.sort());
        expect(bucket.read.filter((each) => each.endsWith('/data/'))).toEqual([]);
      }),
    );
  });

  it('points at the data files of an export wherever it was copied to', async () => {
    const [...files] = written('', 'mqtt_msg');
    const moved = new Map(files.map(([key, bytes]) => [`copies/monday/${key}`, bytes]));
    const [found] = await findExports(bucketOf(moved), 'copies');
    const prefix = dataPrefix(found!);
    expect(prefix).toMatch(/^copies\/monday\/AWSDynamoDB\/\d{14}-[0-9a-f]{8}\/data\/$/);
    expect([...moved.keys()].filter((key) => key.startsWith(prefix))).toHaveLength(3);
  });

  it('a summary that cannot be read is named', async () => {
    const bucket = bucketOf(new Map([['a/manifest-summary.json', Buffer.from('{}')]]));
    await expect(findExports(bucket, 'a')).rejects.toMatchObject({
      code: 'E_INPUT',
      message: 's3://plant/a/manifest-summary.json names no table (tableArn)',
    });
  });
});

describe('choosing an export for each table', () => {
  const found = (table: string, more: Partial<FoundExport> = {}): FoundExport => ({
    table,
    exportArn: 'arn:x',
    incremental: false,
    format: 'DYNAMODB_JSON',
    itemCount: 1,
    at: '2026-11-28T12:00:00.000Z',
    folder: `f/${table}`,
    ...more,
  });
  const notes: string[] = [];
  const choose = (all: FoundExport[], { named = false, prefix = '' } = {}) => {
    notes.length = 0;
    const definitions = [definitionOf('mqtt_msg'), definitionOf('mqtt_topic_msg_map')];
    const liveName = (table: string) => prefix + table;
    const where = 's3://plant/f';
    const notice = (sentence: string) => void notes.push(sentence);
    return chooseExports(all, { definitions, named, liveName, where, notice }).map(
      ({ definition, found: { folder } }) => `${definition.TableName} ${folder}`,
    );
  };

  it('goes by the name here, or by that of the schema file behind the prefix that it had', () => {
    expect(choose([found('prod-mqtt_msg'), found('prod-mqtt_topic_msg_map')], { prefix: 'new-' })).toEqual([
      'mqtt_msg f/prod-mqtt_msg',
      'mqtt_topic_msg_map f/prod-mqtt_topic_msg_map',
    ]);
  });

  it('several of one table are refused, with their folders and instants', () => {
    const all = [found('mqtt_msg', { folder: 'f/1' }), found('mqtt_msg', { folder: 'f/2', at: undefined })];
    expect(() => choose(all)).toThrow(
      expect.objectContaining({ code: 'E_INPUT', exit: 4, detail: ['f/1 as of 2026-11-28T12:00:00.000Z', 'f/2'] }),
    );
  });

  it('changes alone are no items, and beside a full export they are left out', () => {
    const changes = found('mqtt_msg', { incremental: true, folder: 'f/changes' });
    expect(() => choose([changes])).toThrow('there are only incremental exports of mqtt_msg');
    expect(choose([changes, found('mqtt_msg')])).toEqual(['mqtt_msg f/mqtt_msg']);
    expect(notes.join()).toContain('incremental exports of mqtt_msg');
  });

  it('ION, nothing at all, and nothing of a named table are refused; tables of others are left out', () => {
    expect(() => choose([found('mqtt_msg', { format: 'ION' })])).toThrow('is ION');
    expect(() => choose([])).toThrow('there is no complete export below s3://plant/f');
    expect(() => choose([found('mqtt_msg')], { named: true })).toThrow('no complete export of mqtt_topic_msg_map');
    expect(choose([found('mqtt_msg'), found('orders')])).toEqual(['mqtt_msg f/mqtt_msg']);
    expect(notes.join()).toContain('orders');
  });
});
