import { describe, expect, it } from 'vitest';
import type { Dynamo } from '../../../src/dynamo/client.ts';
import { ServiceError } from '../../../src/dynamo/errors.ts';
import { knowsOperation, unknownMembers } from '../../../src/dynamo/features.ts';

/** An endpoint that fails every probe in one way. */
function failing(code: 'E_SERVICE' | 'E_PROTOCOL' | 'E_DENIED'): Dynamo {
  const error = new ServiceError(code, 'failed', {
    service: 'InternalFailure',
    fault: 'transient',
    serviceMessage: '',
    cause: undefined,
  });
  return { options: { endpoint: 'http://127.0.0.1:1' }, probe: () => Promise.reject(error) } as unknown as Dynamo;
}

describe('an endpoint that fails when it is asked for its features', () => {
  it.each(['E_SERVICE', 'E_PROTOCOL'] as const)('with %s: is asked by the call itself (fault 25)', async (code) => {
    expect(await unknownMembers(failing(code), 'CreateTable', ['Tags', 'TableClass'])).toEqual([]);
    expect(await knowsOperation(failing(code), 'TagResource')).toBe(true);
  });

  it('but one that refuses to answer is a fault', async () => {
    await expect(knowsOperation(failing('E_DENIED'), 'TagResource')).rejects.toMatchObject({ code: 'E_DENIED' });
  });
});
