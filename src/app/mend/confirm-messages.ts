import type { Found, Repair } from '../../domain/integrity/finding.ts';
import {
  idInTwoTopics,
  mapIdWithoutMessage,
  messageOfOtherTopic,
  messageStoreOnly,
  messageWithoutId,
} from '../../domain/integrity/joins.ts';
import { isQueuedByRules } from '../../domain/integrity/queued.ts';
import { textOf } from '../../domain/item.ts';
import type { TableName } from '../../domain/records/tables.ts';
import { isoText, msgidMillis } from '../../domain/records/times.ts';
import { pause } from '../../dynamo/back-off.ts';
import type { ConfirmOptions } from './confirm.ts';
import { listedPairs, messagesOf, pairText, type ReadByKey } from './lookups.ts';
import type { SuspectOf } from './suspect.ts';

/** So long a broker is given between the two halves of a publish or an ack, in milliseconds. */
const SETTLE_MS = 2_000;

async function settled({ settle, signal }: ConfirmOptions): Promise<void> {
  await (settle === undefined ? pause(SETTLE_MS, signal) : settle());
}

/** Ids whose message is gone: gone before and after a pause in which an ack under way has come to its end, and listed after it. */
export async function confirmGone(suspects: readonly SuspectOf<'gone'>[], options: ConfirmOptions): Promise<Found[]> {
  const { read } = options;
  let left = suspects;
  if (read !== undefined) {
    left = await stillGone(left, read);
    if (left.length > 0) await settled(options);
    const listed = await listedPairs(read, left);
    left = await stillGone(
      left.filter(({ topic, msgid }) => listed.has(pairText(topic, msgid))),
      read,
    );
  }
  return left.map(({ topic, msgid }) =>
    one(mapIdWithoutMessage.id, 'mqtt_topic_msg_map', { topic, msgid }, { do: 'take-id', topic, msgid }),
  );
}

async function stillGone(suspects: readonly SuspectOf<'gone'>[], read: ReadByKey): Promise<SuspectOf<'gone'>[]> {
  if (suspects.length === 0) return [];
  const messages = await messagesOf(
    read,
    suspects.map(({ msgid }) => msgid),
  );
  return suspects.filter(({ msgid }) => !messages.has(msgid));
}

/**
 * Messages that their topic does not list, neither before nor after a pause in which a write under way has come to its end. The
 * map is read first: an ack deletes the message before it takes the id.
 */
export async function confirmUnlisted(suspects: readonly SuspectOf<'unlisted'>[], options: ConfirmOptions): Promise<Found[]> {
  const { read, rules } = options;
  let left = suspects;
  if (read !== undefined) {
    left = await stillUnlisted(left, read, rules);
    if (left.length > 0) await settled(options);
    left = await stillUnlisted(left, read, rules);
  }
  return left.map(({ topic, msgid, queued }) =>
    queued
      ? one(messageWithoutId.id, 'mqtt_msg', { topic, msgid }, { do: 'add-id', topic, msgid })
      : one(messageStoreOnly.id, 'mqtt_msg', { topic, msgid }),
  );
}

async function stillUnlisted(
  suspects: readonly SuspectOf<'unlisted'>[],
  read: ReadByKey,
  rules: ConfirmOptions['rules'],
): Promise<SuspectOf<'unlisted'>[]> {
  if (suspects.length === 0) return [];
  const listed = await listedPairs(read, suspects);
  const left = suspects.filter(({ topic, msgid }) => !listed.has(pairText(topic, msgid)));
  const messages = await messagesOf(
    read,
    left.map(({ msgid }) => msgid),
  );
  return left.flatMap((suspect) => {
    const message = messages.get(suspect.msgid);
    if (message === undefined || textOf(message, 'topic') !== suspect.topic) return [];
    return [{ ...suspect, queued: isQueuedByRules(message, rules) }];
  });
}

/** Ids under a topic that is not that of their message; whether its own topic lists them, too, makes the difference. */
export async function confirmElsewhere(suspects: readonly SuspectOf<'elsewhere'>[], { read }: ConfirmOptions): Promise<Found[]> {
  let left = suspects;
  if (read !== undefined && left.length > 0) {
    const listed = await listedPairs(
      read,
      left.flatMap(({ topic, own, msgid }) => [
        { topic, msgid },
        { topic: own, msgid },
      ]),
    );
    left = left.filter(({ topic, msgid }) => listed.has(pairText(topic, msgid)));
    const messages = await messagesOf(
      read,
      left.map(({ msgid }) => msgid),
    );
    left = left
      .filter(({ own, msgid }) => textOf(messages.get(msgid) ?? {}, 'topic') === own)
      .map((suspect) => ({ ...suspect, ownLists: listed.has(pairText(suspect.own, suspect.msgid)) }));
  }
  return left.map(({ topic, own, ownLists, msgid }) => {
    const check = ownLists ? idInTwoTopics.id : messageOfOtherTopic.id;
    return one(check, 'mqtt_topic_msg_map', { topic, msgid, own }, { do: 'move-id', topic, own, msgid });
  });
}

type RepairOf = Repair extends infer R ? (R extends Repair ? Omit<R, 'checks' | 'subject'> : never) : never;

/** One finding with its repair. */
function one(check: string, table: TableName, about: { topic: string; msgid: string; own?: string }, repair?: RepairOf): Found {
  const { topic, msgid, own } = about;
  const subject = table === 'mqtt_msg' ? msgid : `${topic}: ${msgid}`;
  const millis = msgidMillis(msgid);
  const facts = [
    table === 'mqtt_msg' ? `topic ${topic}` : undefined,
    own === undefined ? undefined : `belongs to ${own}`,
    millis === undefined ? undefined : isoText(millis),
  ];
  const detail = facts.filter((fact) => fact !== undefined).join(', ');
  const finding = { check, table, key: table === 'mqtt_msg' ? msgid : topic, about: msgid, subject, detail };
  return { findings: [finding], repairs: repair === undefined ? [] : [{ checks: [check], subject, ...repair }] };
}
