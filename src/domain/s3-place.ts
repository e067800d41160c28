import { MqdynError } from './errors.ts';

/** A bucket and a prefix in it; the prefix has no slash at either end and may be empty. */
export type S3Place = { bucket: string; prefix: string };

/** Source: Amazon S3 user guide, "Bucket naming rules". */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** Reads `s3://BUCKET[/PREFIX]` of a flag; anything else is a usage error that names the flag. */
export function parseS3Place(text: string, flag: string): S3Place {
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]*)(?:\/(.*))?$/s.exec(text) ?? [];
  if (!BUCKET.test(bucket)) {
    throw new MqdynError('E_USAGE', `${flag} takes s3://BUCKET or s3://BUCKET/PREFIX, not "${text}"`, {
      hint: 'The name of a bucket has 3 to 63 small letters, digits, dots and hyphens.',
    });
  }
  return { bucket, prefix: prefix.replace(/^\/+|\/+$/g, '') };
}

/** The place of a key, as people write it. */
export function s3Url(bucket: string, key: string): string {
  return key === '' ? `s3://${bucket}` : `s3://${bucket}/${key}`;
}

/** A key below a prefix, which may be empty. */
export function below(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}/${name}`;
}
