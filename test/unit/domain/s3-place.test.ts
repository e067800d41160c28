import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { below, parseS3Place, s3Url } from '../../../src/domain/s3-place.ts';

describe('a place in S3', () => {
  it.each([
    ['s3://plant', { bucket: 'plant', prefix: '' }],
    ['s3://plant/', { bucket: 'plant', prefix: '' }],
    ['s3://plant.backups-1/a/b/', { bucket: 'plant.backups-1', prefix: 'a/b' }],
    ['s3://plant//a//b', { bucket: 'plant', prefix: 'a//b' }],
  ])('%s', (text, place) => {
    expect(parseS3Place(text, '--native')).toEqual(place);
  });

  it.each(['plant', 's3://', 's3:///a', 's3:/plant', 's3://Plant', 's3://p', 'http://plant', 's3://plant_1', 's3://-plant', ''])(
    '%j is none',
    (text) => {
      expect(() => parseS3Place(text, '--bulk')).toThrow(expect.objectContaining({ code: 'E_USAGE', exit: 2 }));
    },
  );

  it('reads what it writes', () => {
    const segment = fc.stringMatching(/^[a-z0-9=_-]{1,8}$/);
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9]{3,20}$/), fc.array(segment), (bucket, segments) => {
        const prefix = segments.reduce(below, '');
        expect(parseS3Place(s3Url(bucket, prefix), '--native')).toEqual({ bucket, prefix: segments.join('/') });
      }),
    );
  });
});
