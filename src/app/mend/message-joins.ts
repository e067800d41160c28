import { groupBy } from '../../domain/group-by.ts';
import { guidKey, guidOfKey } from '../../domain/integrity/guid-key.ts';
import { isQueuedByRules } from '../../domain/integrity/queued.ts';
import type { HookRule } from '../../domain/hooks/rules.ts';
import { textOf, type Item } from '../../domain/item.ts';
import { msgidOf } from '../../domain/mqtt/msgid-text.ts';
import { msgidMillis } from '../../domain/records/times.ts';
import { Spill, type SpillRecord } from '../../files/spill.ts';
import { inSlices } from './in-slices.ts';
import { idsIn, listedPairs, messagesOf, pairText, type ReadByKey } from './lookups.ts';
import type { Join } from './join.ts';
import type { Suspect } from './suspect.ts';

/** Kinds of spilled records; one more bit says that the id does not decode, so that its text stands in the record. */
const MESSAGE = 0;
const QUEUED_MESSAGE = 1;
const MAP_ID = 2;
const WITH_ID = 4;

/** Lookups by key that are made at once. */
const AT_ONCE = 1_000;

export type JoinOptions = {
  rules: readonly HookRule[];
  /** Ids made after this moment are in flight, and left out. Unix milliseconds. */
  before: number;
};

/** Puts messages and the ids of the map beside each other. With `lookUp` only parts of the tables are read, and the rest is looked up. */
export function messageJoin(lookUp: ReadByKey | undefined, options: JoinOptions): Join {
  return lookUp === undefined ? joinOfWhole(options) : joinByKey(lookUp, options);
}

/** Everything about one id meets in one partition. */
function joinOfWhole(options: JoinOptions): Join {
  const ids = new Spill({ keys: 'latin1' });
  const add = idAdder(ids, options);
  return {
    note: (table, item) => {
      const topic = textOf(item, 'topic');
      if (topic === undefined) return;
      if (table === 'mqtt_topic_msg_map') for (const msgid of idsIn(item)) add(msgid, MAP_ID, topic);
      if (table === 'mqtt_msg') add(textOf(item, 'msgid') ?? '', kindOf(item, options), topic);
    },
    flush: () => ids.flush(),
    close: () => ids.close(),
    async *suspects() {
      for await (const records of ids.partitions()) yield [...suspectsOf(records)];
    },
  };
}

type Stored = { record: SpillRecord; topic: string; listed: boolean; elsewhere: string[] };

function* suspectsOf(records: Iterable<SpillRecord>): Generator<Suspect> {
  const messages = new Map<string, Stored>();
  const lost: SpillRecord[] = [];
  // the messages were read first, so they come first
  for (const record of records) {
    const topic = topicIn(record);
    const stored = messages.get(record.key);
    if ((record.kind & ~WITH_ID) !== MAP_ID) messages.set(record.key, { record, topic, listed: false, elsewhere: [] });
    else if (stored === undefined) lost.push(record);
    else if (stored.topic === topic) stored.listed = true;
    else stored.elsewhere.push(topic);
  }
  for (const record of lost) yield { is: 'gone', topic: topicIn(record), msgid: msgidIn(record) };
  for (const { record, topic: own, listed, elsewhere } of messages.values()) {
    for (const topic of elsewhere) yield { is: 'elsewhere', topic, own, ownLists: listed, msgid: msgidIn(record) };
    const queued = (record.kind & ~WITH_ID) === QUEUED_MESSAGE;
    if (!listed) yield { is: 'unlisted', topic: own, msgid: msgidIn(record), queued };
  }
}

function kindOf(message: Item, { rules }: JoinOptions): number {
  return isQueuedByRules(message, rules) ? QUEUED_MESSAGE : MESSAGE;
}

function joinByKey(lookUp: ReadByKey, options: JoinOptions): Join {
  const ids = new Spill({ keys: 'latin1' });
  const messages = new Spill();
  const addId = idAdder(ids, options);
  return {
    note: (table, item) => {
      const topic = textOf(item, 'topic');
      if (topic === undefined) return;
      if (table === 'mqtt_topic_msg_map') for (const msgid of idsIn(item)) addId(msgid, MAP_ID, topic);
      const msgid = table === 'mqtt_msg' ? textOf(item, 'msgid') : undefined;
      if (msgid !== undefined && !isInFlight(msgid, options)) messages.add(topic, kindOf(item, options), msgid);
    },
    flush: async () => {
      await ids.flush();
      await messages.flush();
    },
    close: async () => {
      await ids.close();
      await messages.close();
    },
    async *suspects() {
      for await (const records of ids.partitions()) {
        for (const some of inSlices([...records], AT_ONCE)) {
          const pairs = some.map((record) => ({ topic: topicIn(record), msgid: msgidIn(record) }));
          yield await lostOrElsewhere(pairs, lookUp);
        }
      }
      for await (const records of messages.partitions()) {
        const stored = [...records].map(({ key, kind, text }) => ({ topic: key, msgid: text, queued: kind === QUEUED_MESSAGE }));
        // each item of the map is read once for all of its messages
        const byTopic = [...groupBy(stored, ({ topic }) => topic).values()].flat();
        for (const some of inSlices(byTopic, AT_ONCE)) {
          const listed = await listedPairs(lookUp, some);
          const unlisted = some.filter(({ topic, msgid }) => !listed.has(pairText(topic, msgid)));
          yield unlisted.map((one) => ({ is: 'unlisted', ...one }));
        }
      }
    },
  };
}

async function lostOrElsewhere(pairs: readonly { topic: string; msgid: string }[], lookUp: ReadByKey): Promise<Suspect[]> {
  const stored = await messagesOf(
    lookUp,
    pairs.map(({ msgid }) => msgid),
  );
  return pairs.flatMap(({ topic, msgid }): Suspect[] => {
    const message = stored.get(msgid);
    if (message === undefined) return [{ is: 'gone', topic, msgid }];
    const own = textOf(message, 'topic');
    return own === undefined || own === topic ? [] : [{ is: 'elsewhere', topic, own, ownLists: false, msgid }];
  });
}

function idAdder(spill: Spill, options: JoinOptions) {
  return (msgid: string, kind: number, topic: string) => {
    if (isInFlight(msgid, options)) return;
    const { key, decodes } = guidKey(msgid);
    if (decodes) spill.add(key, kind, topic);
    else spill.add(key, kind | WITH_ID, JSON.stringify([msgid, topic]));
  };
}

function isInFlight(msgid: string, { before }: JoinOptions): boolean {
  const millis = msgidMillis(msgid);
  return millis !== undefined && millis > before;
}

function topicIn({ kind, text }: SpillRecord): string {
  return (kind & WITH_ID) === 0 ? text : withId(text)[1];
}

function msgidIn({ key, kind, text }: SpillRecord): string {
  return (kind & WITH_ID) === 0 ? msgidOf(guidOfKey(key)) : withId(text)[0];
}

function withId(text: string): [msgid: string, topic: string] {
  const both: [string, string] = JSON.parse(text);
  return both;
}
