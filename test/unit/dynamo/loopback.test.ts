import { lookup } from 'node:dns/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isLoopback } from '../../../src/dynamo/loopback.ts';
import { openBucket } from '../../../src/dynamo/s3.ts';
import { connectTo } from '../../harness/memory-engine.ts';

vi.mock('node:dns/promises', { spy: true });

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function resolveTo(...addresses: string[]): void {
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  // the overload for all addresses
  vi.mocked(lookup).mockResolvedValue(found as never);
}

describe('loopback', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.8.9.10', true],
    ['[::1]', true],
    ['localhost', true],
    ['128.0.0.1', false],
    ['[2001:db8::1]', false],
    ['127.0.0.1.example.com', false],
    ['localhost.example.com', false],
  ])('%s: %s', async (host, is) => {
    expect(await isLoopback(host)).toBe(is);
  });

  it.each([[['203.0.113.7']], [['127.0.0.1', '203.0.113.7']], [[]]])(
    'not localhost where it resolves to %j',
    async (addresses) => {
      resolveTo(...addresses);
      expect(await isLoopback('localhost')).toBe(false);
    },
  );

  it('is asked about before S3 is read over plain http', async () => {
    resolveTo('203.0.113.7');
    vi.stubEnv('AWS_ENDPOINT_URL_S3', 'http://localhost:9000');
    const dynamo = connectTo('http://127.0.0.1:1');
    const { signal } = new AbortController();
    await expect(openBucket(dynamo, 'plant', { allowInsecure: false, signal })).rejects.toMatchObject({
      code: 'E_ENDPOINT_UNSAFE',
    });
    dynamo.close();
  });
});
