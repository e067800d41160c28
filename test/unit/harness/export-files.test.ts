import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Item } from '../../../src/domain/item.ts';
import { exportFiles, exportId, type ExportSpec } from '../../harness/aws/export-files.ts';
import { changesIn, deleteItem, itemsAt, putItem, type FakeTable } from '../../harness/aws/tables.ts';
import { definitionOf } from '../../harness/aws-run.ts';
import { tableArn } from '../../harness/aws/state.ts';

const ID = exportId(1_716_790_307_109, 'x');
const items: Item[] = [1, 2, 3].map((n) => ({ msgid: { S: `m${n}` }, ids: { SS: ['a', 'b'] } }));
const spec: ExportSpec = {
  arn: `${tableArn('mqtt_msg')}/export/${ID}`,
  tableArn: tableArn('mqtt_msg'),
  tableId: 'f0a7b9c0-0000-4000-8000-000000000000',
  bucket: 'plant',
  prefix: 'dira/dirb',
  start: 1_716_790_307_109,
  end: 1_716_790_407_109,
  content: { at: 1_716_790_300_000, items },
};
const textOf = (files: Map<string, Buffer>, key: string) => files.get(key)!.toString();
const linesIn = (files: Map<string, Buffer>, at: RegExp) =>
  [...files]
    .filter(([key]) => at.test(key))
    .flatMap(([, bytes]) =>
      gunzipSync(bytes)
        .toString()
        .split('\n')
        .filter((line) => line !== ''),
    )
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('an export that the fake writes has the layout of the real ones', () => {
  const { files, itemCount } = exportFiles(spec);
  const folder = `dira/dirb/AWSDynamoDB/${ID}`;

  it('has exactly these keys, with the prefix and names of 26 characters of base32', () => {
    const names = [...files.keys()].map((key) => key.replace(/\/data\/[a-z2-7]{26}\.json\.gz$/, '/data/*'));
    expect(ID).toMatch(/^\d{14}-[0-9a-f]{8}$/);
    expect([...new Set(names)].sort()).toEqual(
      ['_started', 'data/*', ...['files', 'summary'].flatMap((name) => [`manifest-${name}.json`, `manifest-${name}.md5`])].map(
        (name) => `${folder}/${name}`,
      ),
    );
    expect(files.get(`${folder}/_started`)).toHaveLength(0);
  });

  it('each manifest has its MD5 beside it, as base64', () => {
    for (const name of ['files', 'summary']) {
      const md5 = createHash('md5')
        .update(textOf(files, `${folder}/manifest-${name}.json`))
        .digest('base64');
      expect(textOf(files, `${folder}/manifest-${name}.md5`)).toBe(md5);
    }
  });

  it('each data file is listed with the MD5 of its gzip bytes, its multipart ETag and its items; an empty one, too', () => {
    const listed = textOf(files, `${folder}/manifest-files.json`)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { itemCount: number; md5Checksum: string; etag: string; dataFileS3Key: string });
    for (const { md5Checksum: md5, etag, dataFileS3Key: key } of listed) {
      expect(md5).toBe(createHash('md5').update(files.get(key)!).digest('base64'));
      expect(etag).toBe(`${createHash('md5').update(Buffer.from(md5, 'base64')).digest('hex')}-1`);
    }
    expect(listed.map(({ itemCount: count }) => count)).toEqual([2, 1, 0]);
    expect(itemCount).toBe(3);
  });

  it('the ETag is that of public exports', () => {
    const etag = (md5: string) => `${createHash('md5').update(Buffer.from(md5, 'base64')).digest('hex')}-1`;
    expect(etag('sQMSpEILNgoQmarvDFonGQ==')).toBe('af83d6f217c19b8b0fff8023d8ca4716-1');
    expect(etag('R66Q93z6mjqdBW/mkgj0/A==')).toBe('ba00d841bd1eec340400e8d62c778aa3-1');
  });

  it('the summary has the members of a full export, and the data lines are items', () => {
    const summary = JSON.parse(textOf(files, `${folder}/manifest-summary.json`)) as object;
    expect(Object.keys(summary).sort()).toEqual(
      [
        ...['billedSizeBytes', 'endTime', 'exportArn', 'exportTime', 'exportType', 'itemCount', 'manifestFilesS3Key'],
        ...['outputFormat', 's3Bucket', 's3Prefix', 's3SseAlgorithm', 's3SseKmsKeyId', 'startTime', 'tableArn'],
        ...['tableId', 'version'],
      ].sort(),
    );
    expect(summary).toMatchObject({ version: '2020-06-30', s3Prefix: 'dira/dirb', exportTime: '2024-05-27T06:11:40.000Z' });
    expect(linesIn(files, /\/data\//)).toEqual(expect.arrayContaining(items.map((Item) => ({ Item }))));
  });
});

describe('an incremental export', () => {
  const table: FakeTable = {
    name: 'mqtt_msg',
    arn: tableArn('mqtt_msg'),
    id: 'id',
    status: 'ACTIVE',
    recovery: true,
    definition: definitionOf('mqtt_msg'),
    writes: [],
  };
  const item = (msgid: string, payload: string): Item => ({ msgid: { S: msgid }, payload: { S: payload } });
  putItem(table, item('old', '1'), 10);
  putItem(table, item('gone', '1'), 10);
  putItem(table, item('kept', '1'), 10);
  putItem(table, item('new', '2'), 100);
  putItem(table, item('old', '2'), 110);
  putItem(table, item('old', '3'), 120);
  deleteItem(table, { msgid: { S: 'gone' } }, 130);
  putItem(table, item('flash', '2'), 140);
  deleteItem(table, { msgid: { S: 'flash' } }, 150);
  putItem(table, item('late', '9'), 200);
  const changes = changesIn(table, 100, 200);
  const written = exportFiles({ ...spec, prefix: '', content: { from: 100, to: 200, changes } });

  it('has a line of each shape for the net change of an item; what came and went has none', () => {
    const lines = linesIn(written.files, /^AWSDynamoDB\/data\/[a-z2-7]{26}\.json\.gz$/);
    const of = (msgid: string) =>
      lines.find(({ Keys }) => (Keys as Item)['msgid'] && JSON.stringify(Keys).includes(`"${msgid}"`));
    const metadata = (micros: number) => ({ WriteTimestampMicros: { N: String(micros) } });
    const keys = (msgid: string) => ({ msgid: { S: msgid } });
    expect(of('new')).toEqual({ Metadata: metadata(100_000), Keys: keys('new'), NewImage: item('new', '2') });
    expect(of('old')).toEqual({
      Metadata: metadata(120_000),
      Keys: keys('old'),
      OldImage: item('old', '1'),
      NewImage: item('old', '3'),
    });
    expect(of('gone')).toEqual({ Metadata: metadata(130_000), Keys: keys('gone'), OldImage: item('gone', '1') });
    expect(lines).toHaveLength(3);
    expect(itemsAt(table, 200)).toHaveLength(3);
  });

  it('shares its data folder with the others, and its summary tells the window', () => {
    expect([...written.files.keys()].filter((key) => key.includes(`${ID}/data/`))).toEqual([]);
    const summary = JSON.parse(textOf(written.files, written.summaryKey)) as object;
    expect(summary).toMatchObject({
      version: '2023-08-01',
      exportType: 'INCREMENTAL_EXPORT',
      outputView: 'NEW_AND_OLD_IMAGES',
      exportFromTime: '1970-01-01T00:00:00.100Z',
      exportToTime: '1970-01-01T00:00:00.200Z',
      s3Prefix: null,
    });
    expect(summary).not.toHaveProperty('exportTime');
  });
});
