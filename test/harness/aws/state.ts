import type { S3State } from './s3.ts';
import type { FakeTable } from './tables.ts';

/** A job: what Describe tells of it, and how many more looks it takes until it ends. */
export type FakeJob = {
  arn: string;
  told: Record<string, unknown>;
  /** The request that started it, without its token. */
  request: string;
  token: string;
  looks: number;
  /** Ends the job: does its work and returns what it tells from then on. */
  end: () => Record<string, unknown>;
};

export type AwsState = {
  tables: Map<string, FakeTable>;
  s3: S3State;
  exports: FakeJob[];
  imports: FakeJob[];
  bulks: FakeJob[];
  /** Operations that this user may not call. */
  deniedOperations: Set<string>;
  /** Most jobs that run at a time. */
  limits: { exports: number; imports: number };
  /** Looks at a job until it has ended. */
  looks: number;
  /** The clock, in Unix milliseconds. */
  now: () => number;
};

/** An error of the service. */
export class AwsError extends Error {
  readonly status: number;

  constructor(name: string, message: string, status = 400) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

const REGION = 'eu-west-1';
const ACCOUNT = '123456789012';

export function tableArn(name: string): string {
  return `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${name}`;
}

/** A bulk operation is of an account, not of a table. */
export function bulkArn(id: string): string {
  return `arn:aws:dynamodb:${REGION}:${ACCOUNT}:bulk-operation/${id}`;
}

/** A table by name or ARN. */
export function tableOf(state: AwsState, named: string): FakeTable | undefined {
  return state.tables.get(named.slice(named.lastIndexOf('/') + 1));
}

/** The members of one job; a look brings it nearer to its end. */
export function lookAt(job: FakeJob): Record<string, unknown> {
  if (job.looks > 0) {
    job.looks -= 1;
    if (job.looks === 0) Object.assign(job.told, job.end());
  }
  return job.told;
}

/**
 * The job that the same token started: the same request gets the same job, another one is refused under `conflict`. Undefined
 * for a token that is new.
 */
export function startedBefore(
  jobs: readonly FakeJob[],
  token: string,
  request: string,
  conflict: { name: string; message: string },
): FakeJob | undefined {
  const same = jobs.find((job) => job.token === token);
  if (same !== undefined && same.request !== request) throw new AwsError(conflict.name, conflict.message);
  return same;
}

/** Refuses a job beyond the most that run at a time. */
export function refuseBeyond(jobs: readonly FakeJob[], limit: number, what: string): void {
  if (jobs.filter(({ looks }) => looks > 0).length < limit) return;
  throw new AwsError('LimitExceededException', `Too many concurrent ${what}`);
}

/** A page of a list of jobs, and the token of the next one. */
export function pageOf<T>(all: readonly T[], size: number, token: string | undefined): { page: T[]; next: string | undefined } {
  const begin = Number(token ?? 0);
  const end = begin + size;
  return { page: all.slice(begin, end), next: end < all.length ? String(end) : undefined };
}
