import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainDelivery } from '../../../../src/app/views/explain-delivery.ts';
import { listPending } from '../../../../src/app/views/list-pending.ts';
import { pendingOfClient } from '../../../../src/app/views/pending-of-client.ts';
import type { TableReader } from '../../../../src/app/views/table-reader.ts';
import type { HookEvent } from '../../../../src/domain/events/event.ts';
import { applyEvent } from '../../../../src/domain/hooks/apply.ts';
import { DEFAULT_RULES } from '../../../../src/domain/hooks/rules.ts';
import { n, s, textOf, type Item } from '../../../../src/domain/item.ts';
import { encodeMsgid, makeGuid } from '../../../../src/domain/mqtt/msgid.ts';
import { hexOf } from '../../../../src/domain/mqtt/msgid-text.ts';
import { KEYS, TABLES, type TableName } from '../../../../src/domain/records/tables.ts';
import type { Mutation } from '../../../../src/domain/hooks/mutation.ts';

/** The tables as plain maps from key to row. */
type Store = Record<TableName, Map<string, Item>>;

const keyOf = (table: TableName, row: Item) => JSON.stringify(KEYS[table].map((name) => textOf(row, name)));
const emptyStore = () => Object.fromEntries(TABLES.map((table) => [table, new Map<string, Item>()])) as unknown as Store;

function change(store: Store, request: Mutation): void {
  const { table, key } = request;
  const rows = store[table];
  const at = keyOf(table, key);
  const row = rows.get(at);
  switch (request.kind) {
    case 'put':
      rows.set(at, request.item);
      break;
    case 'delete':
      rows.delete(at);
      break;
    case 'set':
      rows.set(at, { ...key, ...row, ...request.values });
      break;
    default: {
      const ids = new Set(row?.['MsgId'] !== undefined && 'SS' in row['MsgId'] ? row['MsgId'].SS : []);
      if (request.kind === 'add-id') ids.add(request.id);
      else ids.delete(request.id);
      if (row === undefined && ids.size === 0) return;
      rows.set(at, ids.size === 0 ? { ...key } : { ...key, MsgId: { SS: [...ids] } });
    }
  }
}

class StoreReader implements TableReader {
  readonly spent = { scanned: 0, units: 0 };
  private readonly store: Store;

  constructor(store: Store) {
    this.store = store;
  }

  async *scan(table: TableName) {
    yield [...this.store[table].values()];
  }

  async query(table: TableName, partition: string) {
    return [...this.store[table].values()].filter((row) => textOf(row, KEYS[table][0]) === partition);
  }

  async get(table: TableName, ...key: string[]) {
    return this.store[table].get(JSON.stringify(key));
  }

  async batch(table: TableName, keys: readonly (readonly string[])[]) {
    return keys.map((key) => this.store[table].get(JSON.stringify(key))).filter((row) => row !== undefined);
  }
}

type Delivery = { via: 'queue' | 'retained'; under: string; msgid: string | undefined };

/**
 * What the backend delivers to a client that connects and whose subscriptions are new, straight from the description of its
 * actions and with nothing of the program's own rules: on_subscribe_lookup, then for each subscription
 * on_message_fetch_for_queue and on_retain_lookup, both with the hook filter `#`.
 */
function backendDelivers(store: Store, clientid: string): Delivery[] {
  const deliveries: Delivery[] = [];
  for (const row of store.mqtt_sub.values()) {
    if (row['clientid'] === undefined || !('S' in row['clientid']) || row['clientid'].S !== clientid) continue;
    const stored = (row['topic'] as { S: string }).S;
    const filter = stored.replace(/^\$share\/[^/]+\//, '').replace(/^\$queue\//, '');
    if (filter.startsWith('$')) continue;
    const qos = row['qos'] !== undefined && 'N' in row['qos'] ? Number(row['qos'].N) : 0;
    if (qos > 0) {
      const set = store.mqtt_topic_msg_map.get(JSON.stringify([filter]))?.['MsgId'];
      for (const id of set !== undefined && 'SS' in set ? set.SS : []) {
        const message = store.mqtt_msg.get(JSON.stringify([id]));
        if (message && isText(message['payload'])) deliveries.push({ via: 'queue', under: filter, msgid: id });
      }
    }
    const retained = store.mqtt_retain.get(JSON.stringify([filter]));
    if (retained && isText(retained['payload'])) {
      deliveries.push({ via: 'retained', under: filter, msgid: (retained['msgid'] as { S: string }).S });
    }
  }
  return deliveries;
}

const isText = (value: Item[string] | undefined) => value !== undefined && 'S' in value;

const pair = (under: string | undefined, msgid: string | undefined) => `${under} ${msgid}`;

const CLIENTS = ['c1', 'c2'];
const TOPICS = ['a', 'a/b', '$s/x'];
const FILTERS = ['a', 'a/b', 'a/+', '#', '$s/x', '$share/g/a', '$share/g/a/#', '$queue/a/b'];
const GUIDS = [1n, 2n, 3n, 4n].map((at) => makeGuid(1_700_000_000_000_000n + at, at));
const NOW = 1_700_000_100_000;

const client = fc.constantFrom(...CLIENTS);
const topic = fc.constantFrom(...TOPICS);
const guid = fc.constantFrom(...GUIDS);
const hex = guid.map(hexOf);

const event: fc.Arbitrary<HookEvent> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({ guid: hex, topic, qos: fc.integer({ min: 0, max: 2 }), retain: fc.boolean(), payload: fc.constantFrom('x', '') })
      .map((message) => ({
        hook: 'message.publish' as const,
        message: { ...message, sender: 'c1', arrivedMs: 1_700_000_000_000 },
      })),
  },
  fc.record({ clientid: client, topic, guid: hex }).map((ack) => ({ hook: 'message.acked' as const, ...ack })),
  client.map((clientid) => ({ hook: 'client.connected' as const, clientid, node: 'n', onlineAtMs: 1 })),
  client.map((clientid) => ({ hook: 'client.disconnected' as const, clientid, offlineAtMs: 2, reason: 'normal' })),
);

/** What happens to tables beside the backend's own writes: stored subscriptions, and damage. */
type Deed = (store: Store) => void;

const deed: fc.Arbitrary<Deed> = fc.oneof(
  fc.tuple(client, fc.constantFrom(...FILTERS), fc.constantFrom(n(0), n(1), n(2), s('1'))).map(
    ([clientid, filter, qos]): Deed =>
      (store) =>
        store.mqtt_sub.set(JSON.stringify([clientid, filter]), { clientid: s(clientid), topic: s(filter), qos }),
  ),
  guid.map(
    (id): Deed =>
      (store) =>
        store.mqtt_msg.delete(JSON.stringify([encodeMsgid(id)])),
  ),
  guid.map((id): Deed => (store) => {
    const at = JSON.stringify([encodeMsgid(id)]);
    const row = store.mqtt_msg.get(at);
    if (row) store.mqtt_msg.set(at, { ...row, payload: { B: 'AP8=' } });
  }),
  topic.map(
    (name): Deed =>
      (store) =>
        store.mqtt_topic_msg_map.delete(JSON.stringify([name])),
  ),
  topic.map((name): Deed => (store) => {
    const row = store.mqtt_topic_msg_map.get(JSON.stringify([name]));
    const set = row?.['MsgId'];
    if (set !== undefined && 'SS' in set) {
      store.mqtt_topic_msg_map.set(JSON.stringify([name]), { topic: s(name), MsgId: { L: set.SS.map(s) } });
    }
  }),
);

const step: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 3,
    arbitrary: event.map((happened): Deed => (store) => {
      const effect = applyEvent(happened, { rules: DEFAULT_RULES, timeUnit: 'ms', binaryPayload: 'replace' });
      if ('mutations' in effect) for (const mutation of effect.mutations) change(store, mutation);
    }),
  },
  { weight: 2, arbitrary: deed },
);

const store = fc.array(step, { maxLength: 30 }).map((steps) => {
  const made = emptyStore();
  for (const take of steps) take(made);
  return made;
});

describe('explain', () => {
  it('says "would be delivered" exactly when the fetch rules of the backend return the message', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(store, client, topic, fc.option(guid, { nil: undefined }), async (tables, clientid, name, id) => {
        const msgid = id === undefined ? undefined : encodeMsgid(id);
        const { verdict } = await explainDelivery(new StoreReader(tables), { clientid, topic: name, msgid }, DEFAULT_RULES);
        const got = backendDelivers(tables, clientid).filter(
          (delivery) => delivery.under === name && (msgid === undefined || delivery.msgid === msgid),
        );
        seen.add(verdict.code);
        expect({ code: verdict.code, delivered: verdict.delivered }).toEqual({ code: verdict.code, delivered: got.length > 0 });
        if (verdict.delivered)
          expect(got.map(({ via }) => `delivered_${via === 'queue' ? 'from_queue' : via}`)).toContain(verdict.code);
      }),
      { numRuns: 4_000 },
    );
    // the property means something only if every verdict occurs
    for (const code of [
      'delivered_from_queue',
      'delivered_retained',
      'wildcard_subscription',
      'qos0_subscription',
      'no_subscription',
    ])
      expect(seen).toContain(code);
    for (const code of [
      'hook_skips_topic',
      'acked_by_other',
      'message_gone',
      'message_unreadable',
      'map_unreadable',
      'client_unknown',
    ])
      expect(seen).toContain(code);
  });

  it('answers for a client that subscribes itself', async () => {
    const tables = emptyStore();
    const id = encodeMsgid(GUIDS[0]!);
    tables.mqtt_topic_msg_map.set('["a"]', { topic: s('a'), MsgId: { SS: [id] } });
    tables.mqtt_msg.set(JSON.stringify([id]), { msgid: s(id), topic: s('a'), qos: n(1), payload: s('x') });
    const ask = async (text: string, qos: number) => {
      const question = { clientid: 'c1', topic: 'a', subscribed: { text, qos } };
      return (await explainDelivery(new StoreReader(tables), question, DEFAULT_RULES)).verdict.code;
    };
    expect(await ask('a', 1)).toBe('delivered_from_queue');
    expect(await ask('a', 0)).toBe('qos0_subscription');
    expect(await ask('+', 1)).toBe('wildcard_subscription');
    expect(await ask('b', 1)).toBe('no_subscription');
  });

  it('looks no further than the first message that can be delivered', async () => {
    const tables = emptyStore();
    const ids = Array.from({ length: 450 }, (_, at) => encodeMsgid(makeGuid(1_700_000_000_000_000n, BigInt(at))));
    tables.mqtt_topic_msg_map.set('["a"]', { topic: s('a'), MsgId: { SS: ids } });
    const present = ids[250]!;
    tables.mqtt_msg.set(JSON.stringify([present]), { msgid: s(present), topic: s('a'), qos: n(1), payload: s('x') });
    const question = { clientid: 'c1', topic: 'a', subscribed: { text: 'a', qos: 1 } };
    const { facts, verdict } = await explainDelivery(new StoreReader(tables), question, DEFAULT_RULES);
    expect(verdict.code).toBe('delivered_from_queue');
    expect(facts.checked.length).toBeGreaterThan(0);
    expect(facts.checked.length).toBeLessThan(450);
  });
});

describe('pending --client', () => {
  it('calls exactly those messages deliverable that the backend would fetch', async () => {
    await fc.assert(
      fc.asyncProperty(store, client, async (tables, clientid) => {
        const asked = { clientid, rules: DEFAULT_RULES, selection: { kind: 'all' } } as const;
        const rows = await pendingOfClient(new StoreReader(tables), asked, NOW);
        const deliverable = (rows ?? []).filter(({ fault }) => fault === undefined);
        const got = backendDelivers(tables, clientid).filter(({ via }) => via === 'queue');
        const expected = new Set(got.map(({ under, msgid }) => pair(under, msgid)));
        expect(new Set(deliverable.map((view) => pair(view.topic, view.msgid)))).toEqual(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it('agrees with explain about every message of a topic', async () => {
    await fc.assert(
      fc.asyncProperty(store, client, topic, async (tables, clientid, name) => {
        const reader = new StoreReader(tables);
        const asked = { clientid, rules: DEFAULT_RULES, selection: { kind: 'topic', topic: name } } as const;
        const rows = (await pendingOfClient(reader, asked, NOW)) ?? [];
        for (const { msgid, fault } of rows) {
          const { verdict } = await explainDelivery(reader, { clientid, topic: name, msgid }, DEFAULT_RULES);
          if (verdict.code === 'delivered_retained' || verdict.code === 'map_unreadable') continue;
          const reason = fault ?? 'delivered_from_queue';
          // explain asks further whether anybody knows the client at all
          if (verdict.code !== 'client_unknown') expect(verdict.code).toBe(reason);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('pending', () => {
  it('is in the order of decoded time, which is not that of the text', async () => {
    const ids = Array.from({ length: 300 }, (_, at) => encodeMsgid(makeGuid(1_700_000_000_000_000n + BigInt(at) * 977n, 7n)));
    expect(ids.toSorted()).not.toEqual(ids);
    const tables = emptyStore();
    for (const [at, name] of ['a', 'b', 'c'].entries()) {
      const own = ids.filter((_, index) => index % 3 === at).toReversed();
      tables.mqtt_topic_msg_map.set(JSON.stringify([name]), { topic: s(name), MsgId: { SS: own } });
    }
    const shown: (string | undefined)[] = [];
    for await (const block of listPending(new StoreReader(tables), { selection: { kind: 'all' } }, NOW)) {
      shown.push(...block.map(({ msgid }) => msgid));
    }
    expect(shown).toEqual(ids);
  });
});
