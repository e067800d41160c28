import { afterEach, describe, expect, it, vi } from 'vitest';
import { Dynamo } from '../../../src/dynamo/client.ts';
import { toMqdynError, type ServiceError } from '../../../src/dynamo/errors.ts';
import { httpsProxy } from '../../../src/dynamo/network-hint.ts';

afterEach(() => vi.unstubAllEnvs());

function told(code: string, target: { endpoint?: string; region: string }): ServiceError {
  vi.stubEnv('https_proxy', '');
  const error = Object.assign(new Error(`getaddrinfo ${code}`), { code });
  return toMqdynError(error, { operation: 'Scan', table: 't', target: { label: 'there', ...target } }) as ServiceError;
}

describe('the hint for an endpoint that cannot be reached', () => {
  it('AWS in a region that is mistyped: is that a region?', () => {
    vi.stubEnv('HTTPS_PROXY', '');
    for (const code of ['ENOTFOUND', 'EAI_AGAIN']) {
      const { message, hint, exit } = told(code, { region: 'eu-wset-1' });
      expect([message, exit]).toEqual([`cannot reach there (${code})`, 5]);
      expect(hint).toMatch(/^Is eu-wset-1 the name of a region.*Set --region\.$/);
    }
  });

  it("AWS otherwise: the network; an endpoint of one's own: does it run?", () => {
    vi.stubEnv('HTTPS_PROXY', '');
    expect(told('ECONNREFUSED', { region: 'eu-west-1' }).hint).toBe('Check the network, then run the same command again.');
    expect(told('ECONNREFUSED', { endpoint: 'http://127.0.0.1:1', region: 'local' }).hint).toContain('Is DynamoDB running?');
  });

  it('by https with a proxy set: the proxy, without its password', () => {
    vi.stubEnv('HTTPS_PROXY', 'http://me:s3cret@proxy.example:3128');
    for (const target of [{ region: 'eu-west-1' }, { endpoint: 'https://ddb.example', region: 'local' }]) {
      const { hint } = told('ECONNREFUSED', target);
      expect(hint).toContain('HTTPS_PROXY is');
      expect(hint).not.toContain('s3cret');
    }
    expect(httpsProxy()).toBe('http://proxy.example:3128');
    expect(told('ECONNREFUSED', { endpoint: 'http://127.0.0.1:1', region: 'local' }).hint).toContain('Is DynamoDB running?');
  });
});

describe('a target that the SDK would refuse', () => {
  const options = { region: 'eu-west-1', label: 'there', attempts: 1, concurrency: 1 };

  it('a region that is no part of a host name', () => {
    for (const region of ['eu west 1', 'a/b', '', '-', 'x'.repeat(64)]) {
      expect(() => new Dynamo({ ...options, region })).toThrow(expect.objectContaining({ code: 'E_CONFIG', exit: 4 }));
    }
  });

  it('variables that contradict each other', async () => {
    vi.stubEnv('AWS_USE_FIPS_ENDPOINT', 'true');
    const dynamo = new Dynamo({
      ...options,
      endpoint: 'http://127.0.0.1:1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
    await expect(dynamo.call('Scan', { TableName: 't' })).rejects.toMatchObject({
      code: 'E_CONFIG',
      message: expect.stringContaining('FIPS') as string,
    });
    dynamo.close();
  });
});
