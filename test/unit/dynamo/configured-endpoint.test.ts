import dns from 'node:dns';
import { afterEach, expect, it, vi } from 'vitest';
import { Dynamo } from '../../../src/dynamo/client.ts';
import { describeTable } from '../../../src/dynamo/tables.ts';
import { startWireServer } from '../../harness/wire-server.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

it.each(['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_DYNAMODB'])(
  'a client without an endpoint goes to AWS, whatever %s says: the target was resolved before (fault 30)',
  async (variable) => {
    const server = await startWireServer();
    vi.stubEnv(variable, server.endpoint);
    const asked: string[] = [];
    // nothing leaves this machine
    vi.spyOn(dns, 'lookup').mockImplementation(((host: string, _: object, done: (error: Error) => void) => {
      asked.push(host);
      done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND', hostname: host }));
    }) as never);
    const credentials = { accessKeyId: 'mqdyn', secretAccessKey: 'mqdyn' };
    const dynamo = new Dynamo({ region: 'eu-west-1', credentials, attempts: 1, concurrency: 1, label: 'eu-west-1' });
    await expect(dynamo.call('Scan', { TableName: 't' })).rejects.toMatchObject({ code: 'E_ENDPOINT' });
    await expect(describeTable(dynamo, 't')).rejects.toMatchObject({ code: 'E_ENDPOINT' });
    expect(new Set(asked)).toEqual(new Set(['dynamodb.eu-west-1.amazonaws.com']));
    expect(server.requests).toEqual([]);
    dynamo.close();
    await server.close();
  },
);
