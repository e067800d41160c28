import type { Found } from '../../domain/integrity/finding.ts';
import { ackBehindQueue, ackOfUnknownClient, ghostClient } from '../../domain/integrity/joins.ts';
import { numberOf, s, textOf, type Item } from '../../domain/item.ts';
import { clientState } from '../../domain/records/clients.ts';
import { isoText, msgidMillis, timeOf } from '../../domain/records/times.ts';
import type { ConfirmOptions } from './confirm.ts';
import { idsIn, listedPairs, pairText, type ReadByKey } from './lookups.ts';
import type { SuspectOf } from './suspect.ts';

/** Acks of clients that have neither a state nor a stored subscription. A client that comes back connects before it acks. */
export async function confirmUnknown(
  suspects: readonly SuspectOf<'ack-unknown'>[],
  { read, subscriptionsOf }: ConfirmOptions,
): Promise<Found[]> {
  if (suspects.length === 0) return [];
  const acks = read === undefined ? suspects.map(ackItem) : await read('mqtt_acked', suspects.map(ackKey));
  const left: Item[] = [];
  const known = read === undefined ? new Set<string>() : await knownClients(read, suspects);
  for (const ack of acks) {
    const clientid = textOf(ack, 'clientid') ?? '';
    if (known.has(clientid)) continue;
    if (subscriptionsOf !== undefined && (await subscriptionsOf(clientid)) > 0) continue;
    left.push(ack);
  }
  return left.map((ack) => {
    const [topic, clientid] = [textOf(ack, 'topic') ?? '', textOf(ack, 'clientid') ?? ''];
    const subject = `${topic} ${clientid}`;
    const change = { kind: 'item', table: 'mqtt_acked', before: ack, after: undefined } as const;
    return {
      findings: [
        {
          check: ackOfUnknownClient.id,
          table: 'mqtt_acked',
          key: topic,
          sort: clientid,
          subject,
          detail: timeOfId(textOf(ack, 'msgid')),
        },
      ],
      repairs: [{ do: 'drop-ack', checks: [ackOfUnknownClient.id], subject, change, clientid }],
    };
  });
}

/** Clients that have a state. */
export async function knownClients(read: ReadByKey, of: readonly { clientid: string }[]): Promise<ReadonlySet<string>> {
  const keys = [...new Set(of.map(({ clientid }) => clientid))].map((clientid) => ({ clientid: s(clientid) }));
  return new Set((await read('mqtt_client', keys)).map((item) => textOf(item, 'clientid') ?? ''));
}

/** Last acks that are older than everything that waits under their topic. */
export async function confirmBehind(suspects: readonly SuspectOf<'ack-behind'>[], { read }: ConfirmOptions): Promise<Found[]> {
  let left = suspects;
  if (read !== undefined && left.length > 0) {
    // the oldest id stays until it is acked; as long as it waits, and the ack is the same one, nothing has changed
    const acks = await read('mqtt_acked', left.map(ackKey));
    const same = new Set(acks.map((item) => ackText(item)));
    left = left.filter((suspect) => same.has(ackText(ackItem(suspect))));
    const listed = await listedPairs(
      read,
      left.map(({ topic, oldest }) => ({ topic, msgid: oldest })),
    );
    left = left.filter(({ topic, oldest }) => listed.has(pairText(topic, oldest)));
  }
  return left.map(({ topic, clientid, msgid, oldest }) => {
    const detail = `acked ${timeOfId(msgid)}, the oldest that waits ${timeOfId(oldest)}`;
    return {
      findings: [
        { check: ackBehindQueue.id, table: 'mqtt_acked', key: topic, sort: clientid, subject: `${topic} ${clientid}`, detail },
      ],
      repairs: [],
    };
  });
}

/** Clients that still say that they are online, since the same moment, on a node on which nothing happens any more. */
export async function confirmGhosts(suspects: readonly SuspectOf<'ghost'>[], { read }: ConfirmOptions): Promise<Found[]> {
  if (suspects.length === 0) return [];
  let left = suspects;
  if (read !== undefined) {
    const keys = left.map(({ clientid }) => ({ clientid: s(clientid) }));
    const now = new Map((await read('mqtt_client', keys)).map((item) => [textOf(item, 'clientid'), item]));
    left = left.filter(({ clientid, node, onlineAt }) => {
      const item = now.get(clientid);
      if (item === undefined || clientState(item) !== 'online') return false;
      return textOf(item, 'node') === node && (numberOf(item, 'online_at') ?? '') === onlineAt;
    });
  }
  return left.map(({ clientid, node, onlineAt }) => {
    const since = timeOf({ online_at: { N: onlineAt } }, 'online_at');
    const detail = since === undefined ? `on ${node}` : `on ${node} since ${isoText(since)}`;
    return { findings: [{ check: ghostClient.id, table: 'mqtt_client', key: clientid, subject: clientid, detail }], repairs: [] };
  });
}

/** The oldest id that an item of the map lists, by the time in it. */
export function oldestId(item: Item): string | undefined {
  let oldest: { id: string; at: number } | undefined;
  for (const id of idsIn(item)) {
    const at = msgidMillis(id);
    if (at !== undefined && (oldest === undefined || at < oldest.at)) oldest = { id, at };
  }
  return oldest?.id;
}

type Ack = { topic: string; clientid: string; msgid: string };

function ackKey({ topic, clientid }: Ack): Item {
  return { topic: s(topic), clientid: s(clientid) };
}

function ackItem({ topic, clientid, msgid }: Ack): Item {
  return { topic: s(topic), clientid: s(clientid), msgid: s(msgid) };
}

function ackText(item: Item): string {
  return JSON.stringify([textOf(item, 'topic'), textOf(item, 'clientid'), textOf(item, 'msgid')]);
}

function timeOfId(msgid: string | undefined): string {
  const millis = msgid === undefined ? undefined : msgidMillis(msgid);
  return millis === undefined ? 'at an unknown time' : isoText(millis);
}
