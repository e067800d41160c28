import { numberOf, s, textOf, type Item } from '../../domain/item.ts';
import { clientState, NodeCensus } from '../../domain/records/clients.ts';
import { msgidMillis } from '../../domain/records/times.ts';
import { Spill } from '../../files/spill.ts';
import { knownClients, oldestId } from './confirm-clients.ts';
import { inSlices } from './in-slices.ts';
import type { Join } from './join.ts';
import type { ReadByKey } from './lookups.ts';
import type { Suspect } from './suspect.ts';

/** Kinds of spilled records: what is there, and an ack that is to be put beside it. */
const THERE = 0;
const ACK = 1;

/** Clients that are looked up at once; of the map fewer, as each item may have 400 KB. */
const CLIENTS = 1_000;
const MAP_ITEMS = 40;

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
        const known = new Set<string>();
        const acks: Ack[] = [];
        for (const { key: clientid, kind, text } of records) {
          if (kind === THERE) known.add(clientid);
          else {
            const [topic, msgid]: [string, string] = JSON.parse(text);
            acks.push({ topic, clientid, msgid });
          }
        }
        for (const some of inSlices(acks, CLIENTS)) {
          const found = lookUp === undefined ? known : await knownClients(lookUp, some);
          yield some.filter(({ clientid }) => !found.has(clientid)).map((ack): Suspect => ({ is: 'ack-unknown', ...ack }));
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
        const oldest = new Map<string, string>();
        const acks: Ack[] = [];
        for (const { key: topic, kind, text } of records) {
          if (kind === THERE) oldest.set(topic, text);
          else {
            const [clientid, msgid]: [string, string] = JSON.parse(text);
            acks.push({ topic, clientid, msgid });
          }
        }
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

function ackOf(item: Item): Ack {
  return { topic: textOf(item, 'topic') ?? '', clientid: textOf(item, 'clientid') ?? '', msgid: textOf(item, 'msgid') ?? '' };
}

function isOlder(msgid: string, other: string): boolean {
  const [one, two] = [msgidMillis(msgid), msgidMillis(other)];
  return one !== undefined && two !== undefined && one < two;
}
