import { join } from 'node:path';
import { purge, type PurgeOptions, type PurgeResult } from '../../src/app/mend/purge/purge.ts';
import { reverse } from '../../src/domain/changes/reverse.ts';
import { n, s, type Item } from '../../src/domain/item.ts';
import { encodeMsgid, makeGuid } from '../../src/domain/mqtt/msgid.ts';
import { purgeSelection, type Asked, type PurgeKind } from '../../src/domain/purge/selection.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { ServiceError } from '../../src/dynamo/errors.ts';
import { makeChange } from '../../src/dynamo/make-change.ts';
import { journalBackwards } from '../../src/files/journal.ts';
import { Killed } from './stopping-dynamo.ts';

export const DAY = 86_400_000;

/** The id of a message published at a moment in Unix milliseconds. */
export function idAt(millis: number, tail = 1n): string {
  return encodeMsgid(makeGuid(BigInt(millis) * 1000n, 0x6e0b00000000n + tail));
}

export const message = (msgid: string, topic: string, more: Item = {}): Item => ({
  msgid: s(msgid),
  topic: s(topic),
  sender: s('sensor-1'),
  qos: n(1),
  retain: n(0),
  payload: s(`payload of ${msgid.slice(-8)}`),
  arrived: n(1_714_727_730),
  ...more,
});

/** Takes back what a journal holds, as rewinding it does; what could not be taken back comes out. */
export async function takenBack(dynamo: Dynamo, journal: string): Promise<string[]> {
  const where = { dynamo, liveName: (table: string) => table, signal: new AbortController().signal };
  const left: string[] = [];
  for await (const change of journalBackwards(journal)) {
    for (const back of reverse(change)) {
      const outcome = await makeChange(where, back);
      if (!outcome.made) left.push(`${JSON.stringify(back).slice(0, 200)}: ${outcome.why}`);
    }
  }
  return left;
}

/** Small steps, so that a few rows come to many of them. */
export const SMALL = { page: 3, group: 4, step: 2, partBytes: 600 };

export type PurgeRun = { kind: PurgeKind; asked: Partial<Asked>; now: number; folder: string };

export function runPurge(
  dynamo: Dynamo,
  { kind, asked, now, folder }: PurgeRun,
  more: Partial<PurgeOptions> = {},
): Promise<PurgeResult> {
  return purge(dynamo, {
    selection: purgeSelection(kind, { offline: false, everything: false, ...asked }, now),
    now,
    liveName: (table) => table,
    journal: { named: undefined, byDefault: join(folder, 'purge.journal') },
    checkpoint: join(folder, 'purge.checkpoint'),
    resume: false,
    restart: false,
    maxWcu: undefined,
    runTimeMs: undefined,
    tool: '0',
    command: 'purge',
    signal: new AbortController().signal,
    notice: () => undefined,
    progress: () => undefined,
    retryForMs: 5_000,
    backOff: { transient: 1, throttle: 1, longest: 2 },
    lateMs: 0,
    sizes: SMALL,
    ...more,
  });
}

/**
 * How the n-th call of a run ends: killed before or after it was carried out, with a stop while it is under way, or carried out
 * without its reply coming through.
 */
export type CallEnding = { how: 'kill-before' | 'kill-after' | 'signal' | 'reply-lost'; call: number };

/** A connection whose n-th call, of any kind, ends in a given way. `seen` counts them. */
export function endingAt(dynamo: Dynamo, ending: CallEnding, stop: AbortController): { dynamo: Dynamo; seen: () => number } {
  let calls = 0;
  let killed = false;
  const around = async <T>(run: () => Promise<T>): Promise<T> => {
    if (killed) throw new Killed();
    calls += 1;
    if (calls !== ending.call) return run();
    if (ending.how === 'signal') stop.abort(new Error('stopped'));
    killed = ending.how.startsWith('kill');
    if (ending.how === 'kill-before') throw new Killed();
    const reply = await run();
    if (ending.how === 'kill-after') throw new Killed();
    if (ending.how === 'reply-lost')
      throw new ServiceError('E_ENDPOINT', 'reset', {
        service: 'x',
        fault: 'transient',
        serviceMessage: 'reset',
        cause: undefined,
      });
    return reply;
  };
  const call: Dynamo['call'] = (operation, input, signal) => around(() => dynamo.call(operation, input, signal));
  const use: Dynamo['use'] = (work, signal) => around(() => dynamo.use(work, signal));
  const wrapped = { options: dynamo.options, call, use, close: () => undefined } as unknown as Dynamo;
  return { dynamo: wrapped, seen: () => calls };
}
