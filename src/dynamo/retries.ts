import { StandardRetryStrategy } from '@smithy/core/retry';
import type { RetryErrorInfo, StandardRetryToken } from '@smithy/types';

/** The SDK's own retries, but for one case: an endpoint that has never answered anything is not waited for again. */
export class Retries extends StandardRetryStrategy {
  private answered = false;

  override async refreshRetryTokenForRetry(token: StandardRetryToken, fault: RetryErrorInfo): Promise<StandardRetryToken> {
    const { error } = fault;
    // thrown here it only ends the retries; the caller gets the time-out itself
    if (!this.answered && error instanceof Error && error.name === 'TimeoutError') throw error;
    return super.refreshRetryTokenForRetry(token, fault);
  }

  override recordSuccess(token: StandardRetryToken): void {
    this.answered = true;
    super.recordSuccess(token);
  }
}
