import { describe, expect, it } from 'vitest';
import { fileListText, parseFileList } from '../../../../src/domain/export/file-list.ts';
import { parseSummary } from '../../../../src/domain/export/summary.ts';

/** As AWS shows it in its developer guide. */
const FULL = {
  version: '2020-06-30',
  exportArn: 'arn:aws:dynamodb:us-east-1:123456789012:table/ProductCatalog/export/01234567890123-a1b2c3d4',
  startTime: '2020-11-04T07:28:34.028Z',
  endTime: '2020-11-04T07:33:43.897Z',
  tableArn: 'arn:aws:dynamodb:us-east-1:123456789012:table/ProductCatalog',
  tableId: '12345a12-abcd-123a-ab12-1234abc12345',
  exportTime: '2020-11-04T07:28:34.028Z',
  s3Bucket: 'ddb-productcatalog-export',
  s3Prefix: '2020-Nov',
  s3SseAlgorithm: 'AES256',
  s3SseKmsKeyId: null,
  manifestFilesS3Key: 'AWSDynamoDB/01693685827463-2d8752fd/manifest-files.json',
  billedSizeBytes: 0,
  itemCount: 8,
  outputFormat: 'DYNAMODB_JSON',
};
const { exportTime: _, ...others } = FULL;
const INCREMENTAL = {
  ...others,
  version: '2023-08-01',
  exportFromTime: '2023-08-01T00:00:00.000Z',
  exportToTime: '2023-08-01T01:00:00.000Z',
  exportType: 'INCREMENTAL_EXPORT',
  outputView: 'NEW_AND_OLD_IMAGES',
};

const parse = (members: object) => parseSummary(JSON.stringify(members));

describe('manifest-summary.json', () => {
  it('tells the table, the time and the count of a full export, also where exportType is left out', () => {
    const summary = {
      tableArn: FULL.tableArn,
      tableName: 'ProductCatalog',
      content: { kind: 'full', at: Date.parse(FULL.exportTime) },
      filesKey: FULL.manifestFilesS3Key,
      itemCount: 8,
      isPart: false,
    };
    expect(parse(FULL)).toEqual({ summary });
    expect(parse({ ...FULL, exportType: 'FULL_EXPORT', added: [1] })).toEqual({ summary });
  });

  it('tells whether it is a part of an export of several tables', () => {
    expect(parse({ ...FULL, mqdynExport: 1 })).toMatchObject({ summary: { isPart: true } });
  });

  it('tells the window and the view of an incremental export', () => {
    const content = { kind: 'incremental', from: 1_690_848_000_000, to: 1_690_851_600_000, view: 'NEW_AND_OLD_IMAGES' };
    expect(parse(INCREMENTAL)).toMatchObject({ summary: { content } });
  });

  it('does without times of which nothing depends', () => {
    const { startTime: _s, endTime: _e, exportTime: _t, ...rest } = FULL;
    expect(parse(rest)).toMatchObject({ summary: { content: { kind: 'full', at: undefined } } });
  });

  it.each([
    ['no object', [], 'is no JSON object'],
    ['no ARN', { ...FULL, tableArn: 'ProductCatalog' }, 'has no tableArn of a DynamoDB table'],
    ['an ARN of another service', { ...FULL, tableArn: 'arn:aws:s3:::bucket/x' }, 'has no tableArn of a DynamoDB table'],
    ['no list of files', { ...FULL, manifestFilesS3Key: 1 }, 'has no manifestFilesS3Key'],
    ['half a count', { ...FULL, itemCount: 1.5 }, 'has no itemCount'],
    ['another view', { ...INCREMENTAL, outputView: 'OLD_IMAGE' }, 'has an unknown outputView "OLD_IMAGE"'],
    ['no window', { ...INCREMENTAL, exportToTime: null }, 'has no exportFromTime and exportToTime'],
    ['another type', { ...FULL, exportType: 'NEW' }, 'is of an unknown exportType "NEW"'],
  ])('is refused with %s', (_case, members, fault) => {
    expect(parse(members)).toEqual({ fault });
  });

  it('names the format of an export that cannot be read', () => {
    expect(parse({ ...FULL, outputFormat: 'ION' })).toEqual({ fault: 'is of an export in the format "ION"', format: true });
  });
});

describe('manifest-files.json', () => {
  const line = {
    itemCount: 5344,
    md5Checksum: 'R66Q93z6mjqdBW/mkgj0/A==',
    etag: 'ba00d841bd1eec340400e8d62c778aa3-1',
    dataFileS3Key: 'AWSDynamoDB/01680958677849-381aef7c/data/s3rcacg63a6lfieybvp7dw357y.json.gz',
  };
  const file = { itemCount: line.itemCount, md5: line.md5Checksum, etag: line.etag, key: line.dataFileS3Key };

  it('is written as it is read, one object a line', () => {
    expect(fileListText([file])).toBe(`${JSON.stringify(line)}\n`);
    expect(parseFileList(`${JSON.stringify(line)}\n\n`)).toEqual({ files: [file] });
  });

  it.each([
    ['a line that is none', 'x', 'line 1 is not of a data file: itemCount, md5Checksum, dataFileS3Key'],
    ['a file twice', `${JSON.stringify(line)}\n${JSON.stringify(line)}`, 'names s3rcacg63a6lfieybvp7dw357y.json.gz twice'],
  ])('is refused with %s', (_case, text, fault) => {
    expect(parseFileList(text)).toEqual({ fault });
  });
});
