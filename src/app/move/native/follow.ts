import { createHash } from 'node:crypto';
import { inParallel } from '../../in-parallel.ts';
import { pause } from '../../../dynamo/back-off.ts';
import type { Job } from '../../../dynamo/jobs.ts';
import { retriedFor } from '../../../dynamo/retry.ts';

/** A job and the live name of its table. */
export type JobOf<J extends Job> = { table: string; job: J };

export type Following = {
  signal: AbortSignal;
  /** How far all of them are, in words; asked for again and again. */
  progress: (text: string) => void;
};

/** Jobs take minutes to hours: the first look comes at once, later ones so many milliseconds apart at most. */
const FIRST_LOOK = 50;
const MAX_PAUSE = 15_000;

/** So long an endpoint may be away while a job is followed, in milliseconds. */
const RETRY_FOR_MS = 300_000;

export function isRunning({ status }: Job): boolean {
  return status === 'IN_PROGRESS' || status === 'CANCELLING';
}

/** Looks at jobs until every one has ended, well or not; an aborted signal ends the wait at once. The jobs go on without it. */
export async function follow<J extends Job>(
  started: readonly JobOf<J>[],
  describe: (arn: string) => Promise<J>,
  { signal, progress }: Following,
): Promise<JobOf<J>[]> {
  let jobs = [...started];
  const since = performance.now();
  for (let wait = FIRST_LOOK; jobs.some(({ job }) => isRunning(job)); wait = Math.min(wait * 2, MAX_PAUSE)) {
    const ended = jobs.filter(({ job }) => !isRunning(job)).length;
    progress(`${ended} of ${jobs.length} done, ${Math.round((performance.now() - since) / 1000)} s`);
    await pause(wait, signal);
    const look = async ({ table, job }: JobOf<J>) => {
      if (!isRunning(job)) return { table, job };
      return { table, job: await retriedFor(RETRY_FOR_MS, () => describe(job.arn), signal) };
    };
    jobs = await inParallel(jobs, look, signal);
  }
  return jobs;
}

/** A client token that is the same for the same request, so that DynamoDB starts it once. It may have 36 characters. */
export function jobToken(...parts: readonly (string | number | undefined)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
