import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServiceError } from '../../../src/dynamo/errors.ts';
import { EndpointHealth } from '../../../src/dynamo/endpoint-health.ts';

const GONE = new ServiceError('E_ENDPOINT', 'cannot reach x (ECONNRESET)', {
  service: 'ECONNRESET',
  fault: 'transient',
  serviceMessage: '',
  cause: undefined,
});
const [STOPS, GOES_ON] = ['cannot reach x (ECONNRESET); retrying', 'the endpoint answers again'];
let notices: string[];
let health: EndpointHealth;

beforeEach(() => {
  vi.useFakeTimers();
  notices = [];
  health = new EndpointHealth((sentence) => notices.push(sentence));
});
afterEach(() => vi.useRealTimers());

const reset = () => health.failed(health.phase, GONE);
const answer = () => health.answered(health.phase);

describe('an outage', () => {
  it('is reported once when it begins and once when it ends, however many calls it affects', () => {
    const { phase } = health;
    for (let call = 0; call < 8; call += 1) health.failed(phase, GONE);
    reset();
    expect(notices).toEqual([STOPS]);
    // a call sent before the outage says nothing about its end
    health.answered(phase);
    expect(notices).toEqual([STOPS]);
    answer();
    answer();
    expect(notices).toEqual([STOPS, GOES_ON]);
  });

  it('that comes and goes is reported once a minute', () => {
    for (let second = 0; second < 150; second += 1) {
      reset();
      answer();
      vi.advanceTimersByTime(1_000);
    }
    expect(notices).toEqual([STOPS, GOES_ON, STOPS, GOES_ON, STOPS, GOES_ON]);
  });

  it('that lasts is reported even soon after another one', () => {
    reset();
    answer();
    vi.advanceTimersByTime(1_000);
    reset();
    expect(notices).toEqual([STOPS, GOES_ON]);
    vi.advanceTimersByTime(60_000);
    reset();
    expect(notices).toEqual([STOPS, GOES_ON, STOPS]);
    answer();
    expect(notices).toEqual([STOPS, GOES_ON, STOPS, GOES_ON]);
  });
});
