import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Dynamo } from '../../../src/dynamo/client.ts';
import { openBucket, type Bucket } from '../../../src/dynamo/s3.ts';
import { startFakeAws, type FakeAws } from '../../harness/fake-aws.ts';
import { closedEndpoint } from '../../harness/loopback.ts';
import { connectTo } from '../../harness/memory-engine.ts';

let aws: FakeAws;
let dynamo: Dynamo;
const opened: Bucket[] = [];
const stop = new AbortController();

beforeEach(async () => {
  aws = await startFakeAws();
  dynamo = connectTo(aws.endpoint);
  vi.stubEnv('AWS_ENDPOINT_URL_S3', aws.endpoint);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const bucket of opened.splice(0)) bucket.close();
  dynamo.close();
  await aws.close();
});

async function open(name: string, { allowInsecure = false, signal = stop.signal } = {}): Promise<Bucket> {
  const bucket = await openBucket(dynamo, name, { allowInsecure, signal });
  opened.push(bucket);
  return bucket;
}

describe('a bucket', () => {
  it('lists one level, in all its pages, and reads texts; one that is missing is undefined', async () => {
    aws.s3.pageSize = 2;
    const names = ['p/a', 'p/b&c', 'p/d', 'p/x/1', 'p/x/2', 'p/y/1', 'q'];
    for (const name of names) aws.objects('plant').set(name, Buffer.from(`text of ${name} ä`));
    const bucket = await open('plant');
    expect(await bucket.level('p/')).toEqual({ keys: ['p/a', 'p/b&c', 'p/d'], folders: ['p/x/', 'p/y/'] });
    expect(await bucket.level('')).toEqual({ keys: ['q'], folders: ['p/'] });
    expect(await bucket.text('p/b&c')).toBe('text of p/b&c ä');
    expect(await bucket.text('p/none')).toBeUndefined();
  });

  it('goes by the path to a loopback endpoint, by its name, too', async () => {
    aws.objects('plant');
    vi.stubEnv('AWS_ENDPOINT_URL_S3', aws.endpoint.replace('127.0.0.1', 'localhost'));
    await (await open('plant')).check();
    expect(aws.calls.at(-1)).toMatchObject({ operation: 's3 HEAD', input: { url: '/plant/' } });
  });

  it('that is missing is E_BUCKET, one that is not for this user E_DENIED', async () => {
    const missing = { code: 'E_BUCKET', exit: 4, message: 'there is no bucket nowhere' };
    await expect((await open('nowhere')).check()).rejects.toMatchObject(missing);
    await expect((await open('nowhere')).level('')).rejects.toMatchObject(missing);
    aws.s3.denied.add('theirs');
    await expect((await open('theirs')).check()).rejects.toMatchObject({ code: 'E_DENIED', exit: 6 });
    await expect((await open('theirs')).text('a')).rejects.toMatchObject({
      message: 's3:GetObject on s3://theirs/a: Access Denied',
    });
  });

  it('that cannot be reached is E_ENDPOINT', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_S3', await closedEndpoint());
    await expect((await open('plant')).level('')).rejects.toMatchObject({ code: 'E_ENDPOINT', exit: 5 });
  });

  it('is not asked over plain http anywhere but on loopback, unless that is allowed', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_S3', 'http://s3.example.com');
    await expect(open('plant')).rejects.toThrow(expect.objectContaining({ code: 'E_ENDPOINT_UNSAFE', exit: 11 }));
    await expect(open('plant', { allowInsecure: true })).resolves.toMatchObject({ name: 'plant' });
  });

  it('a stop ends a call with its own reason', async () => {
    const own = new AbortController();
    own.abort(new Error('stopped'));
    await expect((await open('plant', { signal: own.signal })).level('')).rejects.toThrow('stopped');
  });

  it('a huge object is no manifest', async () => {
    aws.objects('plant').set('big', Buffer.alloc(4_194_305));
    await expect((await open('plant')).text('big')).rejects.toMatchObject({ code: 'E_INPUT' });
  });
});
