import { countText, plural } from '../../domain/count-text.ts';
import { subscribeLookup } from '../../domain/delivery/fetch.ts';
import type { HookRule } from '../../domain/hooks/rules.ts';
import { MqdynError } from '../../domain/errors.ts';
import { textOf, type Item } from '../../domain/item.ts';
import { subscriptionFault } from '../../domain/mqtt/topic.ts';
import type { MqttConnection } from '../../broker/mqtt-connection.ts';
import type { DeliverJournal } from '../../files/deliver-journal.ts';
import { inParallel } from '../in-parallel.ts';
import { inSlices } from '../mend/in-slices.ts';
import type { TableReader } from '../views/table-reader.ts';
import type { Unsent } from './unsent.ts';

/** A client and what the backend would subscribe it to. */
export type ClientSession = { clientid: string; filters: { filter: string; qos: 0 | 1 | 2 }[] };

export type SessionsJob = {
  /** Connects as a client, without a clean start. */
  connectAs: (clientid: string) => Promise<MqttConnection>;
  /** Whether an error of that says that the broker refuses this one client. */
  isRefused: (error: unknown) => boolean;
  /** Clients that are online on the target; they are left alone. */
  online: ReadonlySet<string>;
  /** Clients whose sessions a run before has made. */
  done: ReadonlySet<string>;
  journal: DeliverJournal;
  unsent: Unsent;
  signal: AbortSignal;
  progress: (text: string) => void;
};

/**
 * Sessions that were made, those among them that the broker had already, clients that were left alone because they are online, and
 * the shortest time that the broker keeps a session, in seconds.
 */
export type SessionCounts = { made: number; present: number; online: number; expiry: number | undefined };

/**
 * Refuses a list of which no client has stored subscriptions: it is hardly a list of this broker's clients. Where clients are named
 * only they are looked at, and none of them need be online.
 */
export function checkOnline(
  listed: ReadonlySet<string>,
  known: ReadonlySet<string>,
  named: readonly string[] | undefined,
  notice: (sentence: string) => void,
): void {
  const clients = `the ${countText(listed.size)} listed ${plural('client', listed.size)}`;
  if (named !== undefined) return notice(`of ${clients} those of --client with stored subscriptions: ${countText(known.size)}`);
  if (known.size > 0) return notice(`of ${clients} have stored subscriptions: ${countText(known.size)}`);
  throw new MqdynError('E_CONFIRM', `none of ${clients} of --online-list has stored subscriptions`, {
    hint: 'Does it list client ids of this broker? If no client that has stored subscriptions is online, say --assume-offline.',
  });
}

/** Sessions under way before the journal notes them. */
const STEP = 8;

/**
 * Makes a session for each client: the broker then queues for it what is published, until the client itself comes. Messages that
 * the broker sends meanwhile are not acknowledged, so that they stay queued.
 */
export async function makeSessions(sessions: AsyncIterable<readonly ClientSession[]>, job: SessionsJob): Promise<SessionCounts> {
  const { online, done, journal, signal, progress } = job;
  const counts: SessionCounts = { made: 0, present: 0, online: 0, expiry: undefined };
  for await (const block of sessions) {
    const others = block.filter(({ clientid, filters }) => filters.length > 0 && !done.has(clientid));
    const wanted = others.filter(({ clientid }) => !online.has(clientid));
    counts.online += others.length - wanted.length;
    for (const step of inSlices(wanted, STEP)) {
      signal.throwIfAborted();
      const made: string[] = [];
      try {
        await inParallel(
          step,
          async (session) => {
            if (await makeOne(session, job, counts)) made.push(session.clientid);
          },
          signal,
        );
      } finally {
        if (made.length > 0) await journal.note({ sessions: made });
      }
      progress(`${countText(counts.made)} ${plural('session', counts.made)}`);
    }
  }
  return counts;
}

/** Whether it was made: a broker may refuse a client. */
async function makeOne(
  { clientid, filters }: ClientSession,
  { connectAs, isRefused, unsent }: SessionsJob,
  counts: SessionCounts,
): Promise<boolean> {
  let connection: MqttConnection;
  try {
    connection = await connectAs(clientid);
  } catch (error) {
    if (!isRefused(error)) throw error;
    unsent.add('session_refused', clientid);
    return false;
  }
  try {
    const { refused, lowered } = await connection.subscribe(filters);
    for (const filter of refused) unsent.add('subscription_refused', `${clientid} ${filter}`);
    for (const filter of lowered) unsent.add('subscription_lowered', `${clientid} ${filter}`);
  } finally {
    await connection.close();
  }
  counts.made += 1;
  if (connection.sessionPresent) counts.present += 1;
  const { sessionExpiry } = connection.limits;
  if (sessionExpiry !== undefined) counts.expiry = Math.min(counts.expiry ?? Infinity, sessionExpiry);
  return true;
}

/** Clients with stored subscriptions; filters that no broker takes are counted and left out. */
export async function* storedSessions(
  reader: TableReader,
  { clients, rules }: { clients: readonly string[] | undefined; rules: readonly HookRule[] },
  unsent: Unsent,
): AsyncGenerator<ClientSession[]> {
  if (clients !== undefined) {
    for (const clientid of clients) yield [sessionOf(clientid, await reader.query('mqtt_sub', clientid), rules, unsent)];
    return;
  }
  // a scan by one segment, as the reader makes it, gives the items of one client one after the other; several would mix them
  let own: Item[] = [];
  for await (const items of reader.scan('mqtt_sub')) {
    const block: ClientSession[] = [];
    for (const item of items) {
      const before = own[0] && textOf(own[0], 'clientid');
      if (before !== undefined && before !== textOf(item, 'clientid')) {
        block.push(sessionOf(before, own, rules, unsent));
        own = [];
      }
      own.push(item);
    }
    yield block;
  }
  const last = own[0] && textOf(own[0], 'clientid');
  if (last !== undefined) yield [sessionOf(last, own, rules, unsent)];
}

function sessionOf(clientid: string, items: readonly Item[], rules: readonly HookRule[], unsent: Unsent): ClientSession {
  const filters: ClientSession['filters'] = [];
  for (const { text, qos } of subscribeLookup(items, rules)) {
    const known = qos === 0 || qos === 1 || qos === 2 ? qos : undefined;
    if (known !== undefined && subscriptionFault(text) === undefined) filters.push({ filter: text, qos: known });
    else unsent.add('subscription_invalid', `${clientid} ${text}`);
  }
  return { clientid, filters };
}
