import type { RetryErrorInfo } from '@smithy/types';
import { describe, expect, it } from 'vitest';
import { Retries } from '../../../src/dynamo/retries.ts';

const fault = (name: string): RetryErrorInfo => ({
  error: Object.assign(new Error('no reply'), { name }) as NonNullable<RetryErrorInfo['error']>,
  errorType: 'TRANSIENT',
});

describe('retries', () => {
  it('do not wait a second time for an endpoint that has never answered', async () => {
    const retries = new Retries(4);
    const token = await retries.acquireInitialRetryToken('');
    const timeout = fault('TimeoutError');
    await expect(retries.refreshRetryTokenForRetry(token, timeout)).rejects.toBe(timeout.error);
  });

  it('go on where the endpoint has answered before', async () => {
    const retries = new Retries(4);
    const token = await retries.acquireInitialRetryToken('');
    retries.recordSuccess(token);
    expect((await retries.refreshRetryTokenForRetry(token, fault('TimeoutError'))).getRetryCount()).toBe(1);
  });

  it('try a refused connection again, three times', async () => {
    const retries = new Retries(4);
    let token = await retries.acquireInitialRetryToken('');
    for (const count of [1, 2, 3]) {
      token = await retries.refreshRetryTokenForRetry(token, fault('ECONNREFUSED'));
      expect(token.getRetryCount()).toBe(count);
    }
    await expect(retries.refreshRetryTokenForRetry(token, fault('ECONNREFUSED'))).rejects.toThrow();
  });
});
