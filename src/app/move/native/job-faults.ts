import { MqdynError, type ErrorCode } from '../../../domain/errors.ts';
import { ServiceError } from '../../../dynamo/errors.ts';
import type { Job } from '../../../dynamo/jobs.ts';
import type { JobOf } from './follow.ts';

/** Refusals of a job by the name that DynamoDB gives them. */
const REFUSALS: Readonly<Record<string, { code: ErrorCode; hint?: string }>> = {
  PointInTimeRecoveryUnavailableException: { code: 'E_RECOVERY' },
  TableNotFoundException: { code: 'E_NO_TABLE' },
  InvalidExportTimeException: { code: 'E_USAGE', hint: 'Name times between the begin of point-in-time recovery and now.' },
  ExportConflictException: { code: 'E_JOB' },
  ImportConflictException: { code: 'E_JOB' },
  IdempotentParameterMismatchException: { code: 'E_JOB' },
  LimitExceededException: { code: 'E_WAIT' },
  ResourceInUseException: { code: 'E_TABLE_STATE' },
};

/** Starts a job of each table, one after the other. A refusal names what was started before: that goes on. */
export async function startEach<T, J extends Job>(
  all: readonly T[],
  tableOf: (one: T) => string,
  start: (one: T) => Promise<J>,
): Promise<JobOf<J>[]> {
  const started: JobOf<J>[] = [];
  for (const one of all) {
    const table = tableOf(one);
    try {
      started.push({ table, job: await start(one) });
    } catch (error) {
      throw refusal(error, table, started);
    }
  }
  return started;
}

function refusal(error: unknown, table: string, started: readonly JobOf<Job>[]): unknown {
  if (!(error instanceof MqdynError)) return error;
  const known = error instanceof ServiceError ? REFUSALS[error.service] : undefined;
  if (known === undefined && started.length === 0) return error;
  const detail = [...error.detail, ...started.map((one) => `started before: ${one.table} ${one.job.arn}`)];
  if (known === undefined) {
    const { code, message, exit, hint } = error;
    return new MqdynError(code, message, { exit, hint, detail, cause: error });
  }
  const said = error instanceof ServiceError ? error.serviceMessage : error.message;
  return new MqdynError(known.code, `${table}: ${said}`, { hint: known.hint, detail, cause: error });
}

/** What did not become of a job what should have, in words. `partly`: something of it was done. */
export type JobFault = { table: string; says: string; partly: boolean; denied: boolean };

/** Why a job failed, in the service's words. */
export function failureOf({ status, failureCode, failureMessage }: Job): string {
  return [failureCode ?? status, failureMessage].filter((part) => part !== undefined && part !== '').join(': ');
}

/** True for a failure that a permission would have prevented. */
export function isDenied({ failureCode = '' }: Job): boolean {
  return /access_?denied|not_?authorized/i.test(failureCode);
}

/**
 * The error of jobs that did not end well; undefined where all did. Exit 3 where something was done and each fault is named, 6
 * where nothing was for want of a permission, else 4.
 */
export function jobsError(what: string, all: number, faults: readonly JobFault[], hint?: string): MqdynError | undefined {
  const [first] = faults;
  if (first === undefined) return undefined;
  const lines = faults.map(({ table, says }) => `${table}: ${says}`);
  const message = all === 1 ? `the ${what} of ${lines.join()}` : `${faults.length} of ${all} ${what}s did not end well`;
  const partly = faults.length < all || faults.some((fault) => fault.partly);
  const exit = partly ? 3 : faults.every(({ denied }) => denied) ? 6 : 4;
  return new MqdynError('E_JOB', message, { exit, hint, detail: all === 1 ? [] : lines });
}
