import { dirname } from 'node:path';
import { countText } from '../../domain/count-text.ts';
import { MqdynError } from '../../domain/errors.ts';
import type { ConnectionOptions, MqttConnection } from '../../broker/mqtt-connection.ts';
import { Pace } from '../../dynamo/pace.ts';
import { DeliverJournal } from '../../files/deliver-journal.ts';
import { Journal } from '../../files/journal.ts';
import { acquireLock } from '../../files/lock.ts';
import { openReader } from '../views/open-reader.ts';
import type { TableReader } from '../views/table-reader.ts';
import type { DeliverOptions, DeliverResult } from './deliver-options.ts';
import { Delivery } from './delivery.ts';
import { finishEmptying } from './empty-store.ts';
import { makeSessions, storedSessions, type SessionCounts } from './sessions.ts';
import { neededTables, noteWildcards, StoredMessages, topicsOfClients } from './stored-messages.ts';
import { Unsent } from './unsent.ts';

/** Where a run before stopped, besides single messages. */
type Before = {
  sessions: Set<string>;
  /** So much of the journal of the tables is carried out, in bytes; undefined before anything was to be. */
  emptied: number | undefined;
};

/** Publishes what is stored. Whatever stops it, the same command with `resume` goes on; nothing that was acknowledged goes twice. */
export async function deliver(options: DeliverOptions): Promise<DeliverResult> {
  const { choice, journal: path, notice, now } = options;
  const reader = await openReader(options, neededTables(choice, options.sessions !== undefined));
  const hint = 'Wait until it has finished.';
  const lock = await acquireLock({ path: `${path}.lock`, what: path, command: 'deliver', waitMs: 0, hint, notice });
  try {
    const journal = await DeliverJournal.open(path, headOf(options, now()), options.resume);
    try {
      if (options.resume) notice(journal.resumed ? 'resuming' : 'there is no journal yet; starting from the beginning');
      return await connected(reader, journal, options);
    } catch (error) {
      throw withWayOn(error, options, journal);
    } finally {
      await journal.close();
    }
  } finally {
    await lock.release();
  }
}

function headOf({ choice, broker, sessions, dynamo }: DeliverOptions, now: number) {
  const { retained, pending, selection, clients } = choice;
  const chosen = { retained, pending, selection, clients, sessions: sessions !== undefined, protocol: broker.protocol };
  return { target: dynamo.options.label, broker: broker.label, options: chosen, at: new Date(now).toISOString() };
}

async function connected(reader: TableReader, journal: DeliverJournal, options: DeliverOptions): Promise<DeliverResult> {
  const { broker, signal } = options;
  // with the first connection, so that nothing else waits for MQTT.js
  const { MqttConnection } = await import('../../broker/mqtt-connection.ts');
  const open = (how: ConnectionOptions) => MqttConnection.open(how, signal);
  const unsent = new Unsent();
  const before = await earlier(journal);
  const emptying = options.ack ? await openEmptying(options, before) : undefined;
  try {
    const connection = await open(broker);
    try {
      const connectAs = (clientId: string, sessionExpiry: number) =>
        open({ ...broker, clientId, cleanStart: false, sessionExpiry });
      const sessions = await sessionsFirst(reader, journal, before, unsent, connectAs, options);
      const delivery = new Delivery({ reader, connection, journal, emptying, unsent, options });
      await sendAll(reader, journal, delivery, connection, options);
      const { made, present } = sessions;
      return { ...delivery.result(), unsent: unsent.counts(), sessions: made, present, journal: journal.path };
    } finally {
      await connection.close();
    }
  } finally {
    await emptying?.close();
  }
}

async function earlier(journal: DeliverJournal): Promise<Before> {
  const before: Before = { sessions: new Set(), emptied: undefined };
  for await (const { sessions = [], emptied = before.emptied } of journal.before()) {
    for (const clientid of sessions) before.sessions.add(clientid);
    before.emptied = emptied;
  }
  return before;
}

/** The journal of what leaves the tables, beside the other one; what an ended run left half done in the tables is done first. */
async function openEmptying(options: DeliverOptions, { emptied }: Before): Promise<Journal> {
  const { dynamo, journal, resume, now } = options;
  const path = `${journal}.acked`;
  const journalOfTables = await Journal.open(path, {
    command: 'deliver',
    target: dynamo.options.label,
    at: new Date(now()).toISOString(),
  });
  if (resume && emptied !== undefined && journalOfTables.size > emptied) await finishEmptying(options, path, emptied);
  return journalOfTables;
}

async function sessionsFirst(
  reader: TableReader,
  journal: DeliverJournal,
  { sessions: done }: Before,
  unsent: Unsent,
  connectAs: (clientId: string, sessionExpiry: number) => Promise<MqttConnection>,
  { choice, sessions, signal, progress, notice }: DeliverOptions,
): Promise<SessionCounts> {
  if (sessions === undefined) return { made: 0, present: 0, expiry: undefined };
  const { online, expiry } = sessions;
  const job = { connectAs: (clientid: string) => connectAs(clientid, expiry), online, done, journal, unsent, signal, progress };
  const counts = await makeSessions(storedSessions(reader, choice, unsent), job);
  if (counts.expiry !== undefined && counts.expiry < expiry) {
    notice(`warning: the broker keeps a session for ${countText(counts.expiry)} s only`);
  }
  return counts;
}

async function sendAll(
  reader: TableReader,
  journal: DeliverJournal,
  delivery: Delivery,
  { limits }: MqttConnection,
  options: DeliverOptions,
): Promise<void> {
  const { choice, rate, notice } = options;
  const topics = choice.clients === undefined ? undefined : await topicsOfClients(reader, choice);
  if (topics !== undefined) noteWildcards(topics, notice);
  const stored = new StoredMessages(dirname(journal.path), 'time');
  try {
    await stored.read(reader, choice, topics);
    for (const topic of stored.damaged)
      notice(`warning: the item of ${topic} in the map has no string set; nothing is found there`);
    await stored.join(journal);
    const pace = rate === undefined ? undefined : new Pace(rate);
    await delivery.send(stored.entries(), { pace, inFlight: limits.inFlight, topics });
  } finally {
    await stored.close();
  }
}

/** Says how to go on, with any fault that stops a run or with the stop itself. */
function withWayOn(error: unknown, { signal, notice }: DeliverOptions, journal: DeliverJournal): unknown {
  if (!journal.hasNotes) return error;
  if (signal.aborted) {
    notice(`stopped; continue with --resume --journal ${journal.path}`);
    return error;
  }
  if (!(error instanceof MqdynError) || ![5, 6, 8].includes(error.exit)) return error;
  const hint = `${error.hint} Then run the same command with --resume: ${journal.path} has what was acknowledged.`;
  return new MqdynError(error.code, error.message, { detail: error.detail, hint, exit: error.exit, cause: error });
}
