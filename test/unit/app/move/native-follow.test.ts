import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { follow, jobToken } from '../../../../src/app/move/native/follow.ts';
import { jobsError, type JobFault } from '../../../../src/app/move/native/job-faults.ts';
import type { Job } from '../../../../src/dynamo/jobs.ts';

const job = (arn: string, status: string): Job => ({
  arn,
  status,
  failureCode: undefined,
  failureMessage: undefined,
  bucket: 'plant',
  prefix: '',
});
const silent = () => undefined;

describe('following jobs', () => {
  it('ends when the last one has ended, and looks at none that has', async () => {
    const ends = fc.constantFrom('COMPLETED', 'FAILED', 'CANCELLED', 'COMPLETED_WITH_ERRORS');
    const plans = fc.array(fc.record({ looks: fc.nat({ max: 3 }), end: ends }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(plans, async (all) => {
        const left = all.map(({ looks }) => looks);
        const describeJob = (arn: string) => {
          const index = Number(arn);
          expect(left[index]).toBeGreaterThan(0);
          left[index]! -= 1;
          return Promise.resolve(job(arn, left[index] === 0 ? all[index]!.end : 'IN_PROGRESS'));
        };
        const started = all.map(({ looks, end }, index) => ({
          table: `t${index}`,
          job: job(String(index), looks === 0 ? end : 'IN_PROGRESS'),
        }));
        const { signal } = new AbortController();
        const jobs = await follow(started, describeJob, { signal, progress: silent });
        expect(jobs.map((one) => [one.table, one.job.status])).toEqual(all.map(({ end }, index) => [`t${index}`, end]));
      }),
      { numRuns: 15 },
    );
  });

  it('ends at once with the reason of a stop, while a call is under way or in a pause', async () => {
    for (const hang of [true, false]) {
      const stop = new AbortController();
      const describeJob = (arn: string) =>
        hang
          ? new Promise<Job>((_, reject) => {
              stop.signal.addEventListener('abort', () => reject(stop.signal.reason as Error));
            })
          : Promise.resolve(job(arn, 'IN_PROGRESS'));
      let asked = Infinity;
      const following = follow([{ table: 't', job: job('1', 'IN_PROGRESS') }], describeJob, {
        signal: stop.signal,
        progress: silent,
      });
      // by then a pause has become long
      setTimeout(() => {
        asked = performance.now();
        stop.abort(new Error('stop'));
      }, 850);
      await expect(following).rejects.toThrow('stop');
      expect(performance.now() - asked).toBeLessThan(300);
    }
  });
});

describe('the token of a request', () => {
  it('is the same for the same request and another one for any other', () => {
    const parts = fc.array(fc.oneof(fc.string(), fc.nat()), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        expect(jobToken(...a)).toMatch(/^[0-9a-f]{32}$/);
        expect(jobToken(...a) === jobToken(...b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });
});

describe('the exit code of jobs', () => {
  const fault = fc.record({
    table: fc.constantFrom('a', 'b'),
    says: fc.string(),
    partly: fc.boolean(),
    denied: fc.boolean(),
  });

  it('is 3 only where something was done, 6 only where permissions alone were missing, and each fault is named', () => {
    fc.assert(
      fc.property(fc.array(fault, { maxLength: 4 }), fc.nat({ max: 3 }), (faults: JobFault[], others) => {
        const error = jobsError('import', faults.length + others, faults);
        if (faults.length === 0) {
          expect(error).toBeUndefined();
          return;
        }
        const done = others > 0 || faults.some(({ partly }) => partly);
        expect(error?.exit).toBe(done ? 3 : faults.every(({ denied }) => denied) ? 6 : 4);
        const said = [error?.message, ...(error?.detail ?? [])].join('\n');
        for (const { table, says } of faults) expect(said).toContain(`${table}: ${says}`);
      }),
    );
  });
});
