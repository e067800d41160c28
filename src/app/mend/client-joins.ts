import { numberOf, s, textOf, type Item } from '../../domain/item.ts';
import { clientState, NodeCensus } from '../../domain/records/clients.ts';
import { msgidMillis } from '../../domain/records/times.ts';
import { Spill, type SpillRecord } from '../../files/spill.ts';
import { knownClients, oldestId } from './confirm-clients.ts';
import { inSlices } from './in-slices.ts';
import type { Join } from './join.ts';
import { MAP_ITEMS, type ReadByKey } from './lookups.ts';
import type { Suspect } from './suspect.ts';

/** Kinds of spilled records: what is there, and an ack that is to be put beside it. */
const THERE = 0;
const ACK = 1;

/** Clients that are looked up at once. */
const CLIENTS = 1_000;

type Ack = { topic: string; clientid: string; msgid: string };

/** Acks beside the clients that made them. With `lookUp` the clients are not read, but looked up by key. */
export function ackClientJoin(lookUp: ReadByKey | undefined): Join {
  const spill = new Spill();
  return {
    note: (table, item) => {
      const { topic, clientid, msgid } = ackOf(item);
      if (table === 'mqtt_acked') spill.add(clientid, ACK, JSON.stringify([topic, msgid]));
      else if (lookUp === undefined && (table === 'mqtt_client' || table === 'mqtt_sub')) spill.add(clientid, THERE, '');
    },
    flush: () => spill.flush(),
    close: () => spill.close(),
    async *suspects() {
      for await (const records of spill.partitions()) {
        const { there, acks } = split(records, (clientid, topic, msgid) => ({ topic, clientid, msgid }));
        for (const some of inSlices(acks, CLIENTS)) {
          const known = lookUp === undefined ? there : await knownClients(lookUp, some);
          yield some.filter(({ clientid }) => !known.has(clientid)).map((ack): Suspect => ({ is: 'ack-unknown', ...ack }));
        }
      }
    },
  };
}

/** Acks beside the oldest id that waits under their topic. With `lookUp` the map is not read, but looked up by key. */
export function ackQueueJoin(lookUp: ReadByKey | undefined): Join {
  const spill = new Spill();
  return {
    note: (table, item) => {
      const { topic, clientid, msgid } = ackOf(item);
      if (table === 'mqtt_acked') spill.add(topic, ACK, JSON.stringify([clientid, msgid]));
      const oldest = lookUp === undefined && table === 'mqtt_topic_msg_map' ? oldestId(item) : undefined;
      if (oldest !== undefined) spill.add(topic, THERE, oldest);
    },
    flush: () => spill.flush(),
    close: () => spill.close(),
    async *suspects() {
      for await (const records of spill.partitions()) {
        const { there: oldest, acks } = split(records, (topic, clientid, msgid) => ({ topic, clientid, msgid }));
        if (lookUp !== undefined) await readOldest(lookUp, acks, oldest);
        yield acks.flatMap((ack): Suspect[] => {
          const first = oldest.get(ack.topic);
          return first !== undefined && isOlder(ack.msgid, first) ? [{ is: 'ack-behind', ...ack, oldest: first }] : [];
        });
      }
    },
  };
}

async function readOldest(lookUp: ReadByKey, acks: readonly Ack[], oldest: Map<string, string>): Promise<void> {
  for (const topics of inSlices([...new Set(acks.map(({ topic }) => topic))], MAP_ITEMS)) {
    const keys = topics.map((topic) => ({ topic: s(topic) }));
    for (const item of await lookUp('mqtt_topic_msg_map', keys)) {
      const id = oldestId(item);
      if (id !== undefined) oldest.set(textOf(item, 'topic') ?? '', id);
    }
  }
}

/** Clients that say online, beside the nodes that they are on: which of those are dead is only known when all were seen. */
export function ghostJoin(): Join {
  const census = new NodeCensus();
  const online = new Spill();
  return {
    note: (table, item, isOurs) => {
      if (table !== 'mqtt_client') return;
      census.add(item);
      const node = textOf(item, 'node');
      if (!isOurs || node === undefined || clientState(item) !== 'online') return;
      online.add(node, THERE, JSON.stringify([textOf(item, 'clientid') ?? '', numberOf(item, 'online_at') ?? '']));
    },
    flush: () => online.flush(),
    close: () => online.close(),
    async *suspects() {
      for await (const records of online.partitions()) {
        const ghosts: Suspect[] = [];
        for (const { key: node, text } of records) {
          if (census.ghost({ node: s(node), connect_state: { N: '1' } }) === undefined) continue;
          const [clientid, onlineAt]: [string, string] = JSON.parse(text);
          ghosts.push({ is: 'ghost', clientid, node, onlineAt });
        }
        yield ghosts;
      }
    },
  };
}

/** What is there, by its key, and the acks: each was put under one of its keys, with the other one and its id as the text. */
function split(
  records: Iterable<SpillRecord>,
  ackFrom: (key: string, other: string, msgid: string) => Ack,
): { there: Map<string, string>; acks: Ack[] } {
  const there = new Map<string, string>();
  const acks: Ack[] = [];
  for (const { key, kind, text } of records) {
    if (kind === THERE) {
      there.set(key, text);
      continue;
    }
    const [other, msgid]: [string, string] = JSON.parse(text);
    acks.push(ackFrom(key, other, msgid));
  }
  return { there, acks };
}

function ackOf(item: Item): Ack {
  return { topic: textOf(item, 'topic') ?? '', clientid: textOf(item, 'clientid') ?? '', msgid: textOf(item, 'msgid') ?? '' };
}

function isOlder(msgid: string, other: string): boolean {
  const [one, two] = [msgidMillis(msgid), msgidMillis(other)];
  return one !== undefined && two !== undefined && one < two;
}
