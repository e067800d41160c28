import { randomInt } from 'node:crypto';
import { MqdynError } from '../../domain/errors.ts';
import type { RecordedMessage } from '../../domain/events/event.ts';
import { clearsRetained } from '../../domain/events/retained.ts';
import { applyEvent, type ApplyOptions } from '../../domain/hooks/apply.ts';
import type { Mutation } from '../../domain/hooks/mutation.ts';
import { isRun, type HookRule } from '../../domain/hooks/rules.ts';
import { textOf, type Item } from '../../domain/item.ts';
import { msgidOf } from '../../domain/mqtt/msgid-text.ts';
import { ownGuid } from '../../domain/mqtt/own-guid.ts';
import type { TableName } from '../../domain/records/tables.ts';
import { makeChange } from '../../dynamo/make-change.ts';
import { checkTables } from '../tables/check-tables.ts';
import { changeUnder } from './change-under.ts';
import { openItemTable, type WriteContext } from './item-table.ts';

export type Publication = Omit<RecordedMessage, 'guid' | 'arrivedMs'>;

/** What publishing comes to. Without tables nothing is stored, and `nothing` says why. */
export type Planned = { guid: string; mutations: readonly Mutation[]; nothing: string | undefined };

/** What was done; `replaced` is the retained message that was there before. */
export type Published = { stored: TableName[]; deleted: TableName[]; replaced: Item | undefined };

/**
 * What the backend would write for a message that is published now. Its id has the present time; the microseconds that the clock
 * does not tell and the sequence are random, so that two of one millisecond differ. A message that no table could take is E_USAGE.
 */
export function planPublish(message: Publication, nowMs: number, options: ApplyOptions): Planned {
  const guid = ownGuid(BigInt(nowMs) * 1000n + BigInt(randomInt(1000)), randomInt(1 << 16));
  const effect = applyEvent({ hook: 'message.publish', message: { ...message, guid, arrivedMs: nowMs } }, options);
  if ('reject' in effect) throw new MqdynError('E_USAGE', effect.reject.detail, { hint: 'Nothing was stored.' });
  const { mutations } = effect;
  return { guid, mutations, nothing: mutations.length > 0 ? undefined : whyNothing(message, options.rules) };
}

/** In the order of the backend's own preconditions. Source: emqx_backend_dynamo 4.3.5. */
function whyNothing(message: Publication, rules: readonly HookRule[]): string {
  const { topic, qos, retain } = message;
  const wanted = clearsRetained(message) ? 'on_retain_delete' : retain ? 'on_message_retain' : 'on_message_publish';
  if (qos === 0 && !retain) return 'QoS 0: the backend stores messages of QoS 1 and 2, and retained ones';
  if (isRun(wanted, rules, topic)) return `no rule stores it (see mqdyn hooks)`;
  if (!isRun(wanted, rules)) return `no rule runs ${wanted} (see mqdyn hooks)`;
  const system = topic.startsWith('$') ? '; # does not match a topic that starts with $' : '';
  return `no rule of ${wanted} matches ${topic}${system} (see mqdyn hooks)`;
}

/**
 * Stores it: the message first, then its id, then what is retained, so that no id is ever without its message. Should the topic
 * have no room for the id, the message goes again.
 */
export async function publish(context: WriteContext, { guid, mutations }: Planned): Promise<Published> {
  const tables = [...new Set(mutations.map(({ table }) => table))];
  await checkTables(context.dynamo, tables, context);
  const done: Published = { stored: [], deleted: [], replaced: undefined };
  for (const mutation of mutations) {
    const { table, key } = mutation;
    if (mutation.kind === 'put' && table === 'mqtt_msg') {
      const outcome = await makeChange(context, { kind: 'item', table, before: undefined, after: mutation.item });
      if (!outcome.made) throw new MqdynError('E_USAGE', `the message was not stored: ${outcome.why}`, { hint: 'Try again.' });
    } else if (mutation.kind === 'add-id') {
      await addId(context, guid, mutations, key);
    } else {
      done.replaced = await replaceRetained(context, key, mutation.kind === 'put' ? mutation.item : undefined);
    }
    (mutation.kind === 'delete' ? done.deleted : done.stored).push(table);
  }
  return done;
}

async function addId(context: WriteContext, guid: string, mutations: readonly Mutation[], key: Item): Promise<void> {
  const topic = textOf(key, 'topic') ?? '';
  const id = msgidOf(guid);
  const outcome = await makeChange(context, { kind: 'add-ids', table: 'mqtt_topic_msg_map', topic, ids: [id] });
  if (outcome.made) return;
  const stored = mutations.find((mutation) => mutation.kind === 'put' && mutation.table === 'mqtt_msg');
  if (stored?.kind === 'put') {
    await makeChange(context, { kind: 'item', table: 'mqtt_msg', before: stored.item, after: undefined });
  }
  throw new MqdynError('E_USAGE', `the topic takes no further message: ${outcome.why}`, { hint: 'Nothing was stored.' });
}

/** A retained message takes the place of another one, whatever it is; it comes back. */
async function replaceRetained(context: WriteContext, key: Item, after: Item | undefined): Promise<Item | undefined> {
  const table = await openItemTable(context, 'mqtt_retain');
  const decide = (now: Item | undefined) =>
    now === undefined && after === undefined ? { leave: 'nothing is retained' } : { after };
  const changed = await changeUnder(context, table, key, decide);
  return changed.made ? changed.before : undefined;
}

/** A message id in the form in which it is stored. */
export function idOf({ guid }: Planned): string {
  return msgidOf(guid);
}
