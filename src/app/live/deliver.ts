import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { countText, plural } from '../../domain/count-text.ts';
import { isSubscribing } from '../../domain/delivery/fetch.ts';
import { MqdynError } from '../../domain/errors.ts';
import type { TopicSelection } from '../../domain/mqtt/topic-selection.ts';
import type { ConnectionOptions, MqttConnection } from '../../broker/mqtt-connection.ts';
import { Pace } from '../../dynamo/pace.ts';
import { DeliverJournal, type DeliverHead } from '../../files/deliver-journal.ts';
import { Journal } from '../../files/journal.ts';
import { withLock } from '../../files/lock.ts';
import { openReader } from '../views/open-reader.ts';
import type { TableReader } from '../views/table-reader.ts';
import type { DeliverOptions, DeliverResult } from './deliver-options.ts';
import { Delivery } from './delivery.ts';
import { finishEmptying } from './empty-store.ts';
import { checkOnline, makeSessions, storedSessions, type SessionCounts } from './sessions.ts';
import { neededTables, noteWildcards, StoredMessages, topicsOfClients } from './stored-messages.ts';
import { Subscribers } from './subscribers.ts';
import { Unsent } from './unsent.ts';

/** Where a run before stopped, besides single messages. */
type Before = {
  sessions: Set<string>;
  /** So much of the journal of the tables is carried out, in bytes; undefined before anything was to be. */
  emptied: number | undefined;
};

/** Publishes what is stored. Whatever stops it, the same command with `resume` goes on; nothing that was acknowledged goes twice. */
export async function deliver(options: DeliverOptions): Promise<DeliverResult> {
  const { choice, journal: path, ownClientId, sessions, ack, notice, now } = options;
  const needs = neededTables(choice, sessions !== undefined || ack);
  const own = ownClientId === undefined ? [] : (['mqtt_client', 'mqtt_sub'] as const);
  const reader = await openReader(options, { ...needs, keyed: [...(needs.keyed ?? []), ...own] });
  if (ownClientId !== undefined) await requireOwn(reader, ownClientId);
  return withLock(path, { command: 'deliver', hint: 'Wait until it has finished.', notice }, async () => {
    const journal = await DeliverJournal.open(path, headOf(options, now()), options.resume);
    try {
      if (options.resume) notice(journal.resumed ? 'resuming' : 'there is no journal yet; starting from the beginning');
      const { repeated } = journal;
      if (repeated > 0)
        notice(`${countText(repeated)} ${plural('message', repeated)} of the run before go again where they are still stored`);
      return await connected(reader, journal, options);
    } catch (error) {
      throw withWayOn(error, options, journal);
    } finally {
      await journal.close();
    }
  });
}

/** Refuses the id of a client of the backend: it would lose its connection, and its session with what is queued in it. */
async function requireOwn(reader: TableReader, clientId: string): Promise<void> {
  const isStored =
    (await reader.get('mqtt_client', clientId)) !== undefined || (await reader.query('mqtt_sub', clientId)).length > 0;
  if (isStored) throw new MqdynError('E_USAGE', `--client-id ${clientId} is the id of a client in the tables`);
}

/** What makes it this delivery and no other, by the names of the flags. */
function headOf({ choice, broker, sessions, dynamo, liveName }: DeliverOptions, now: number): DeliverHead {
  const { retained, pending, selection, clients, rules } = choice;
  const digest = createHash('sha256').update(JSON.stringify(rules)).digest('hex').slice(0, 16);
  const flags = {
    '--to': broker.label,
    '--protocol': String(broker.protocol),
    '--retained': given(retained),
    '--pending': given(pending),
    '--topic': selectionText(selection),
    '--client': clients?.join(','),
    '--pre-create-sessions': given(sessions !== undefined),
    '--table-prefix': liveName('') || undefined,
    '--hooks': `a set of rules with the digest ${digest}`,
  };
  return { target: dynamo.options.label, flags, at: new Date(now).toISOString() };
}

function given(flag: boolean): string | undefined {
  return flag ? 'given' : undefined;
}

function selectionText(selection: TopicSelection): string | undefined {
  if (selection.kind === 'all') return undefined;
  return selection.kind === 'topic' ? selection.topic : selection.filter;
}

async function connected(reader: TableReader, journal: DeliverJournal, options: DeliverOptions): Promise<DeliverResult> {
  const { broker, choice, sessions, ack, signal, notice } = options;
  const listed = sessions?.online;
  const subscribers =
    sessions === undefined && !ack ? undefined : await Subscribers.read(reader, choice.clients, listed ?? new Set());
  if (listed !== undefined && subscribers !== undefined) checkOnline(listed, subscribers.known, choice.clients, notice);
  // with the first connection, so that nothing else waits for MQTT.js
  const { MqttConnection, isClientRefused } = await import('../../broker/mqtt-connection.ts');
  const open = (how: ConnectionOptions) => MqttConnection.open(how, signal);
  const opening = { open, isRefused: isClientRefused };
  const unsent = new Unsent();
  const before = await earlier(journal);
  const emptying = ack ? await openEmptying(options, before) : undefined;
  try {
    const connection = await open(broker);
    const delivery = new Delivery({ reader, connection, reconnect: () => open(broker), journal, emptying, unsent, options });
    try {
      const made = await sessionsFirst(reader, journal, before, unsent, opening, options);
      await sendAll(reader, journal, delivery, subscribers, options);
      const { present, online } = made;
      return { ...delivery.result(), unsent: unsent.counts(), sessions: made.made, present, online, journal: journal.path };
    } finally {
      await delivery.close();
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
  { open, isRefused }: { open: (how: ConnectionOptions) => Promise<MqttConnection>; isRefused: (error: unknown) => boolean },
  { broker, choice, sessions, signal, progress, notice }: DeliverOptions,
): Promise<SessionCounts> {
  if (sessions === undefined) return { made: 0, present: 0, online: 0, expiry: undefined };
  const { online = new Set<string>(), expiry, isExpiryNamed } = sessions;
  if (!isSubscribing(choice.rules)) notice('no sessions are made: the rules of --hooks have no on_subscribe_lookup');
  const connectAs = (clientId: string) =>
    open({ ...broker, label: `${broker.label} as ${clientId}`, clientId, cleanStart: false, sessionExpiry: expiry });
  const job = { connectAs, isRefused, online, done, journal, unsent, signal, progress };
  const counts = await makeSessions(storedSessions(reader, choice, unsent), job);
  if (counts.expiry !== undefined && counts.expiry < expiry) {
    notice(`warning: the broker keeps a session for ${countText(counts.expiry)} s only`);
  }
  if (isExpiryNamed && counts.present > 0 && broker.protocol === 5)
    notice(`warning: --session-expiry replaced that of ${countText(counts.present)} ${plural('session', counts.present)} there`);
  return counts;
}

async function sendAll(
  reader: TableReader,
  journal: DeliverJournal,
  delivery: Delivery,
  subscribers: Subscribers | undefined,
  options: DeliverOptions,
): Promise<void> {
  const { choice, rate, notice } = options;
  const topics = choice.clients === undefined ? undefined : await topicsOfClients(reader, choice);
  if (topics !== undefined) noteWildcards(topics, notice);
  const stored = new StoredMessages(dirname(journal.path), 'time');
  try {
    await stored.read(reader, choice, topics, (topic, waiting) => subscribers?.wait(topic, waiting));
    for (const topic of stored.damaged)
      notice(`warning: the item of ${topic} in the map has no string set; nothing is found there`);
    subscribers?.tellMost(notice);
    await stored.join(journal);
    const pace = rate === undefined ? undefined : new Pace(rate);
    await delivery.send(stored.entries(), { pace, topics, subscribers });
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
  if (!(error instanceof MqdynError)) return error;
  const hint = `${error.hint} Then run the same command with --resume: ${journal.path} has what was acknowledged.`;
  return new MqdynError(error.code, error.message, { detail: error.detail, hint, exit: error.exit, cause: error });
}
