import { subscribeLookup } from '../../domain/delivery/fetch.ts';
import type { HookRule } from '../../domain/hooks/rules.ts';
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
  /** Clients that are online on the target; they are left alone. */
  online: ReadonlySet<string>;
  /** Clients whose sessions a run before has made. */
  done: ReadonlySet<string>;
  journal: DeliverJournal;
  unsent: Unsent;
  signal: AbortSignal;
  progress: (text: string) => void;
};

/** Sessions that were made, those among them that the broker had already, and the shortest time that it keeps one, in seconds. */
export type SessionCounts = { made: number; present: number; expiry: number | undefined };

/** Sessions under way before the journal notes them. */
const STEP = 8;

/**
 * Makes a session for each client: the broker then queues for it what is published, until the client itself comes. Messages that
 * the broker sends meanwhile are not acknowledged, so that they stay queued.
 */
export async function makeSessions(sessions: AsyncIterable<readonly ClientSession[]>, job: SessionsJob): Promise<SessionCounts> {
  const { online, done, journal, unsent, signal, progress } = job;
  const counts: SessionCounts = { made: 0, present: 0, expiry: undefined };
  for await (const block of sessions) {
    const wanted = block.filter(({ clientid, filters }) => {
      if (online.has(clientid) && !done.has(clientid)) unsent.add('client_online', clientid);
      return filters.length > 0 && !online.has(clientid) && !done.has(clientid);
    });
    for (const step of inSlices(wanted, STEP)) {
      signal.throwIfAborted();
      await inParallel(step, (session) => makeOne(session, job, counts), signal);
      await journal.note({ sessions: step.map(({ clientid }) => clientid) });
      progress(`${counts.made} sessions`);
    }
  }
  return counts;
}

async function makeOne(
  { clientid, filters }: ClientSession,
  { connectAs, unsent }: SessionsJob,
  counts: SessionCounts,
): Promise<void> {
  const connection = await connectAs(clientid);
  try {
    for (const filter of await connection.subscribe(filters)) unsent.add('subscription_refused', `${clientid} ${filter}`);
  } finally {
    await connection.close();
  }
  counts.made += 1;
  if (connection.sessionPresent) counts.present += 1;
  const { sessionExpiry } = connection.limits;
  if (sessionExpiry !== undefined) counts.expiry = Math.min(counts.expiry ?? Infinity, sessionExpiry);
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
  // a scan gives the items of one client one after the other
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
