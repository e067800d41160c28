import type { Listing } from '../output/document.ts';
import type { Session } from './base-command.ts';
import type { Io } from './io.ts';
import type { ReadProgress } from './read-progress.ts';

/** What a run of DynamoDB's own jobs needs of its command. */
export type JobsHost = {
  io: Io;
  session: Session;
  signal: AbortSignal;
  allowInsecure: boolean;
  note(sentence: string, options?: { always?: boolean }): void;
  progress(what: string): ReadProgress;
  list(listing: Listing): Promise<void>;
};

/** Starts jobs. After a stop whatever was started goes on. */
export async function startJobs<T>(host: JobsHost, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    if (host.signal.aborted) host.note('stopped; what was started until then goes on in AWS, and the same command follows it');
    throw error;
  }
}

/** Follows jobs with a line of progress. Whatever ends the wait, they go on; `again` says how they are followed once more. */
export async function followJobs<T>(
  host: JobsHost,
  { what, again }: { what: string; again: string },
  follow: (following: { signal: AbortSignal; progress: (text: string) => void }) => Promise<T>,
): Promise<T> {
  const progress = host.progress(what);
  try {
    return await follow({ signal: host.signal, progress: (text) => progress.at(text) });
  } catch (error) {
    host.note(`the jobs go on in AWS; to follow them, ${again}`);
    throw error;
  }
}
