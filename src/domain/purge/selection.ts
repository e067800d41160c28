import { MqdynError } from '../errors.ts';
import { textOf, type Item } from '../item.ts';
import { isSelected, topicSelection, type TopicSelection } from '../mqtt/topic-selection.ts';
import { clientState } from '../records/clients.ts';
import type { TableName } from '../records/tables.ts';
import { msgidMillis, publishedMillis, timeOf } from '../records/times.ts';

export const PURGE_KINDS = ['messages', 'retained', 'clients', 'acks'] as const;
export type PurgeKind = (typeof PURGE_KINDS)[number];

/** What is selected, as it was asked for. */
export type Asked = {
  topic?: string | undefined;
  client?: string | undefined;
  olderThanMs?: number | undefined;
  offline: boolean;
  everything: boolean;
};

/** What goes. `cutoff` is a moment in Unix milliseconds: what is newer stays. */
export type Selection = Asked & { kind: PurgeKind; topics: TopicSelection; cutoff: number | undefined };

/** The table whose items are selected, and behind it the one that goes with it. */
export const PURGED_TABLES: Readonly<Record<PurgeKind, readonly [TableName, ...TableName[]]>> = {
  messages: ['mqtt_topic_msg_map', 'mqtt_msg'],
  retained: ['mqtt_retain'],
  clients: ['mqtt_client'],
  acks: ['mqtt_acked'],
};

const SELECTING_FLAGS = ['topic', 'client', 'older-than', 'offline'] as const;
type SelectingFlag = (typeof SELECTING_FLAGS)[number];

const SELECTING: Readonly<Record<PurgeKind, readonly SelectingFlag[]>> = {
  messages: ['topic', 'client', 'older-than'],
  retained: ['topic', 'client', 'older-than'],
  clients: ['client', 'offline', 'older-than'],
  acks: ['topic', 'client', 'older-than'],
};

/** Why a flag selects nothing of a kind. */
const NO_SENSE: Readonly<Record<string, string>> = {
  'topic clients': 'the item of a client names no topic',
  'offline messages': 'only clients are offline',
  'offline retained': 'only clients are offline',
  'offline acks': 'only clients are offline',
};

/** Whether a word names a kind of what can be purged. */
export function isPurgeKind(word: string): word is PurgeKind {
  return PURGE_KINDS.some((kind) => kind === word);
}

/** What is asked for, as of a moment. A usage error where nothing selects, or a flag cannot select anything of this kind. */
export function purgeSelection(kind: PurgeKind, asked: Asked, now: number): Selection {
  const given = {
    topic: asked.topic !== undefined,
    client: asked.client !== undefined,
    'older-than': asked.olderThanMs !== undefined,
    offline: asked.offline,
  };
  const named = SELECTING_FLAGS.filter((flag) => given[flag]);
  const [first] = named;
  for (const flag of named) {
    const why = NO_SENSE[`${flag} ${kind}`];
    if (why !== undefined) throw new MqdynError('E_USAGE', `--${flag} does not select ${kind}: ${why}`);
  }
  if (asked.everything && first !== undefined) {
    throw new MqdynError('E_USAGE', `--everything and --${first} contradict each other`);
  }
  if (!asked.everything && named.length === 0) {
    const flags = SELECTING[kind].map((flag) => `--${flag}`).join(', ');
    throw new MqdynError('E_USAGE', `nothing says which ${kind} to purge`, { hint: `Use ${flags}, or --everything.` });
  }
  const cutoff = asked.olderThanMs === undefined ? undefined : now - asked.olderThanMs;
  return { ...asked, kind, topics: topicSelection(asked.topic), cutoff };
}

/** Whether an item of mqtt_retain, mqtt_client or mqtt_acked goes. */
export function isItemSelected(selection: Selection, item: Item): boolean {
  if (selection.everything) return true;
  const { client, topics } = selection;
  switch (selection.kind) {
    case 'clients':
      return (client === undefined || textOf(item, 'clientid') === client) && isAwayLongEnough(selection, item);
    case 'acks': {
      const acked = textOf(item, 'msgid');
      const isTheirs = client === undefined || textOf(item, 'clientid') === client;
      return isTheirs && isTopic(topics, item) && isOld(selection, acked === undefined ? undefined : msgidMillis(acked));
    }
    default:
      return isOfSender(selection, item) && isTopic(topics, item) && isOld(selection, retainedAt(item));
  }
}

/** Whether a stored message goes. `row` is the topic under which the map lists it, for a message that names none itself. */
export function isMessageSelected(selection: Selection, item: Item, row?: string): boolean {
  if (selection.everything) return true;
  const topic = textOf(item, 'topic') ?? row;
  const matches = topic === undefined ? selection.topics.kind === 'all' : isSelected(topic, selection.topics);
  return matches && isOfSender(selection, item) && isOld(selection, publishedMillis(textOf(item, 'msgid'), item));
}

/** Whether an id goes whose message is gone: nobody knows any more who sent it. */
export function isLostIdSelected(selection: Selection, topic: string, id: string): boolean {
  if (selection.client !== undefined || !isSelected(topic, selection.topics)) return false;
  return isOld(selection, msgidMillis(id));
}

/** False for an id that stays whatever its message is: its own time says that it is too new. */
export function mayBeSelected({ cutoff }: Selection, id: string): boolean {
  if (cutoff === undefined) return true;
  const at = msgidMillis(id);
  return at === undefined || at <= cutoff;
}

/** What is online stays, unless its own name is all that was asked for: an online client has no age. */
function isAwayLongEnough({ offline, cutoff }: Selection, item: Item): boolean {
  if (!offline && cutoff === undefined) return true;
  if (clientState(item) !== 'offline') return false;
  return cutoff === undefined || isNoNewer(cutoff, timeOf(item, 'offline_at'));
}

function isOfSender({ client }: Selection, item: Item): boolean {
  return client === undefined || textOf(item, 'sender') === client;
}

function isTopic(topics: TopicSelection, item: Item): boolean {
  const topic = textOf(item, 'topic');
  return topic === undefined ? topics.kind === 'all' : isSelected(topic, topics);
}

/** As `retained --older-than` tells the age. */
function retainedAt(item: Item): number | undefined {
  return timeOf(item, 'arrived') ?? publishedMillis(textOf(item, 'msgid'), item);
}

function isOld({ cutoff }: Selection, at: number | undefined): boolean {
  return cutoff === undefined || isNoNewer(cutoff, at);
}

/** What has no time has no age. */
function isNoNewer(cutoff: number, at: number | undefined): boolean {
  return at !== undefined && at <= cutoff;
}
