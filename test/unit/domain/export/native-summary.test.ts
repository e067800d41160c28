import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNativeSummary } from '../../../../src/domain/export/native-summary.ts';

const ARN = 'arn:aws:dynamodb:eu-west-1:123456789012:table/mqtt_msg';
const full = {
  version: '2020-06-30',
  exportArn: `${ARN}/export/01716790307109-5f9d6aaa`,
  tableArn: ARN,
  exportTime: '2024-05-27T06:11:40.000Z',
  itemCount: 5,
  outputFormat: 'DYNAMODB_JSON',
};
const read = (members: object) => parseNativeSummary(JSON.stringify(members));

describe('the summary of an export of DynamoDB', () => {
  it('of an old one has no type: it is a full export', () => {
    expect(read(full)).toEqual({
      table: 'mqtt_msg',
      exportArn: full.exportArn,
      incremental: false,
      format: 'DYNAMODB_JSON',
      itemCount: 5,
      at: '2024-05-27T06:11:40.000Z',
    });
  });

  it('of an incremental one is as of the end of its window; members that nobody knows are passed over', () => {
    const window = { exportType: 'INCREMENTAL_EXPORT', exportFromTime: 'a', exportToTime: 'b', exportTime: 'c', filter: {} };
    expect(read({ ...full, ...window })).toMatchObject({ incremental: true, at: 'b' });
  });

  it.each([
    ['tableArn', 'mqtt_msg', 'names no table (tableArn)'],
    ['exportArn', undefined, 'names no export (exportArn)'],
    ['itemCount', '5', 'has no count of items (itemCount)'],
    ['itemCount', -1, 'has no count of items (itemCount)'],
    ['outputFormat', null, 'names no format (outputFormat)'],
  ])('%s of %j: %s', (name, value, says) => {
    expect(read({ ...full, [name]: value })).toBe(says);
  });

  it('whatever stands there instead is told and never thrown', () => {
    const any = fc.oneof(
      fc.string(),
      fc.json(),
      fc.dictionary(fc.constantFrom(...Object.keys(full)), fc.jsonValue()).map((one) => JSON.stringify({ ...full, ...one })),
    );
    fc.assert(
      fc.property(any, (text) => {
        const found = parseNativeSummary(text);
        if (typeof found === 'string') expect(found).toMatch(/^(is|names|has) /);
        else expect(Number.isSafeInteger(found.itemCount) && found.itemCount >= 0 && found.table !== '').toBe(true);
      }),
    );
  });
});
