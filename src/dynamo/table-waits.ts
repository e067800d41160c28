import { setTimeout as delay } from 'node:timers/promises';
import { MqdynError } from '../domain/errors.ts';
import type { LiveTable } from '../domain/schema/live.ts';
import type { Dynamo } from './client.ts';
import { isService } from './errors.ts';
import { describeTable } from './tables.ts';

/** Longest wait for a table to become ACTIVE or to go where nobody says otherwise, in milliseconds. */
export const MAX_WAIT = 300_000;
const MAX_POLL = 5_000;

function isActive(live: LiveTable | undefined): live is LiveTable {
  return live?.TableStatus === 'ACTIVE';
}

function isSettled(live: LiveTable | undefined): live is LiveTable {
  const indexes = live?.GlobalSecondaryIndexes ?? [];
  return isActive(live) && indexes.every(({ IndexStatus: status }) => status === undefined || status === 'ACTIVE');
}

/** How long to wait, and what ends the wait early. */
export type Patience = { signal?: AbortSignal | undefined; waitMs?: number };

export async function waitUntilActive(dynamo: Dynamo, name: string, patience: AbortSignal | Patience = {}): Promise<LiveTable> {
  return poll(dynamo, name, `${name} to become ACTIVE`, isActive, patience);
}

/** Waits until neither the table nor any of its indexes is in the middle of a change; an index that is filled takes long. */
export async function waitUntilSettled(dynamo: Dynamo, name: string, patience: Patience): Promise<LiveTable> {
  return poll(dynamo, name, `${name} and its indexes to become ACTIVE`, isSettled, patience);
}

export async function waitUntilGone(dynamo: Dynamo, name: string, patience: AbortSignal | Patience = {}): Promise<void> {
  await poll(dynamo, name, `${name} to go`, (live) => live === undefined, patience);
}

// the SDK's waiters go by the wall clock, which a laptop's sleep moves on, and wait five minutes for who may not look
async function poll<Found extends LiveTable | undefined>(
  dynamo: Dynamo,
  name: string,
  what: string,
  done: (live: LiveTable | undefined) => live is Found,
  patience: AbortSignal | Patience,
): Promise<Found> {
  const { signal, waitMs = MAX_WAIT } = patience instanceof AbortSignal ? { signal: patience } : patience;
  const deadline = performance.now() + waitMs;
  for (let wait = 5; ; wait = Math.min(wait * 2, MAX_POLL)) {
    const live = await describeTable(dynamo, name, signal);
    if (done(live)) return live;
    if (performance.now() + wait > deadline) {
      throw new MqdynError('E_WAIT', `waited ${waitMs / 1000} s for ${what}; it is ${live?.TableStatus ?? 'missing'}`);
    }
    await delay(wait, undefined, signal === undefined ? {} : { signal });
  }
}

/** Retries a call while the table is in the middle of a change or too many tables are, until patience ends. */
export async function whileBusy<T>(call: () => Promise<T>, { signal, waitMs = MAX_WAIT }: Patience): Promise<T> {
  const deadline = performance.now() + waitMs;
  for (let wait = 100; ; wait = Math.min(wait * 2, MAX_POLL)) {
    try {
      return await call();
    } catch (error) {
      const busy = isService(error, 'LimitExceededException') || isService(error, 'ResourceInUseException');
      if (!busy || performance.now() + wait > deadline) throw error;
    }
    await delay(wait, undefined, signal === undefined ? {} : { signal });
  }
}
