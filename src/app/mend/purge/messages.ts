import type { Change } from '../../../domain/changes/change.ts';
import { queuedIds } from '../../../domain/delivery/fetch.ts';
import { groupBy } from '../../../domain/group-by.ts';
import { itemBytes, s, setOf, textOf, writeUnits, type Item } from '../../../domain/item.ts';
import { isSelected } from '../../../domain/mqtt/topic-selection.ts';
import { isLostIdSelected, isMessageSelected, mayBeSelected, type Selection } from '../../../domain/purge/selection.ts';
import { isPossibleKey } from '../../../domain/records/keys.ts';
import type { TableName } from '../../../domain/records/tables.ts';
import { publishedMillis } from '../../../domain/records/times.ts';
import { batchGetRaw, MAX_BATCH_KEYS } from '../../../dynamo/batch-get.ts';
import { retriedFor } from '../../../dynamo/retry.ts';
import { journalFrom } from '../../../files/journal-tail.ts';
import { inSlices } from '../in-slices.ts';
import { deleteMessages, stepOf, takeIds, type Run } from './deletes.ts';
import { pagesOf, readOf, type Where } from './reads.ts';

/** Topics whose items, of up to 400 KB, are in memory at a time. */
const ROWS = 20;

/** A broker stores a message first and lists its id then: within so long nobody can say that it never will. In milliseconds. */
export const IN_FLIGHT_MS = 600_000;

/** An id under a topic; `units` is what a write to the item of the topic costs, undefined where it does not list the id. */
type Placed = { topic: string; id: string; units: number | undefined };

/** Ids of a topic's item that may go: those whose own time says nothing against it. */
export function idsInQuestion(selection: Selection, item: Item): { topic: string; ids: string[] } | undefined {
  const topic = textOf(item, 'topic');
  if (topic === undefined || !isSelected(topic, selection.topics)) return undefined;
  const ids = queuedIds(item).filter((id) => mayBeSelected(selection, id));
  return ids.length === 0 ? undefined : { topic, ids };
}

/** The messages that the map lists, each with its id. */
export async function purgeListed(run: Run): Promise<void> {
  const { ledger, selection } = run;
  for await (const { items, next } of pagesOf(
    run,
    readOf(selection, 'mqtt_topic_msg_map', { limit: run.sizes.page }),
    ledger.state.after,
  )) {
    let group: Placed[] = [];
    for (const item of items) {
      const found = idsInQuestion(selection, item);
      if (found === undefined) continue;
      const units = writeUnits(itemBytes(item));
      for (const id of found.ids) group.push({ topic: found.topic, id, units });
      if (group.length < run.sizes.group) continue;
      await remove(run, group);
      await ledger.settle('listed', { topic: s(found.topic) });
      group = [];
    }
    await remove(run, group);
    if (next !== null) await ledger.settle('listed', next);
  }
  await ledger.settle('unlisted', null);
}

/** Then those that no map lists: stored by on_message_store, or left behind by a broker or a run that was ended. */
export async function purgeUnlisted(run: Run): Promise<void> {
  const { ledger, selection } = run;
  const inFlightSince = ledger.state.startedAt - IN_FLIGHT_MS;
  for await (const { items, next } of pagesOf(run, readOf(selection, 'mqtt_msg', { withoutPayload: true }), ledger.state.after)) {
    const selected = items.filter((item) => isMessageSelected(selection, item));
    const settled = selected.filter((item) => (publishedMillis(textOf(item, 'msgid'), item) ?? 0) <= inFlightSince);
    ledger.count('mqtt_msg').recent += selected.length - settled.length;
    for (const step of inSlices(settled.map(placeOf), stepOf(run))) {
      const listed = await stillListed(run, step);
      await remove(
        run,
        step.map((one) => ({ ...one, units: listed.get(one.id) })),
      );
      const last = step.at(-1);
      if (last !== undefined) await ledger.settle('unlisted', { msgid: s(last.id) });
    }
    if (next !== null) await ledger.settle('unlisted', next);
  }
}

/**
 * What an ended run left between an id and its message: its journal has the message, and no map lists it any more. What a map
 * still lists was not begun, and comes in its turn.
 */
export async function finishJournal(run: Run): Promise<void> {
  const { ledger } = run;
  const { path, settled, done } = ledger.state.journal;
  const listedUnder = new Map<string, string>();
  let seen = 0;
  let step: Placed[] = [];
  const finish = async () => {
    const listed = await stillListed(run, step);
    const ids = step.map(({ id }) => id);
    await deleteMessages(run, ids, (id) => listed.has(id));
    await ledger.settleMessages(step.length);
    step = [];
  };
  for await (const change of journalFrom(path, settled)) {
    if (change.kind === 'take-ids') for (const id of change.ids) listedUnder.set(id, change.topic);
    if (change.kind !== 'item' || change.table !== 'mqtt_msg' || change.before === undefined) continue;
    seen += 1;
    if (seen <= done) continue;
    const place = placeOf(change.before);
    step.push({ ...place, topic: listedUnder.get(place.id) ?? place.topic });
    if (step.length === stepOf(run)) await finish();
  }
  if (step.length > 0) await finish();
  await ledger.settle(ledger.state.phase, ledger.state.after);
}

function placeOf(item: Item): Placed {
  return { topic: textOf(item, 'topic') ?? '', id: textOf(item, 'msgid') ?? '', units: undefined };
}

/** Takes what is selected: into the journal, the ids out of the map, and at last the messages. */
async function remove(run: Run, places: readonly Placed[]): Promise<void> {
  const { ledger, selection } = run;
  const takes = new Map<string, { ids: string[]; units: number }>();
  const gone = new Map<string, string>();
  let part: { place: Placed; item: Item | undefined }[] = [];
  let bytes = 0;
  const flush = async () => {
    await ledger.keep(changesOf(part));
    for (const { place } of part) {
      if (place.units === undefined) continue;
      const take = takes.get(place.topic);
      if (take) take.ids.push(place.id);
      else takes.set(place.topic, { ids: [place.id], units: place.units });
    }
    part = [];
    bytes = 0;
  };
  for (const step of inSlices(places, MAX_BATCH_KEYS)) {
    const messages = await readItems(
      run,
      'mqtt_msg',
      'msgid',
      step.map(({ id }) => id),
    );
    for (const place of step) {
      const item = messages.get(place.id);
      const { topic, id, units } = place;
      const selected =
        item === undefined
          ? units !== undefined && isLostIdSelected(selection, topic, id)
          : isMessageSelected(selection, item, topic);
      if (!selected) continue;
      // the item of another topic may list it as well
      const own = item !== undefined && (textOf(item, 'topic') ?? topic) === topic && !gone.has(id);
      if (own) gone.set(id, topic);
      part.push({ place, item: own ? item : undefined });
      bytes += own ? itemBytes(item) : id.length;
      if (bytes >= run.sizes.partBytes) await flush();
    }
  }
  await flush();
  const refused = await takeIds(run, takes);
  if (refused.size > 0)
    ledger.count('mqtt_msg').changedMeanwhile += [...gone.values()].filter((topic) => refused.has(topic)).length;
  await deleteMessages(run, [...gone.keys()], (id) => refused.has(gone.get(id) ?? ''));
}

/** Ids stand before their messages, so that the journal read backwards puts a message before its id. */
function changesOf(part: readonly { place: Placed; item: Item | undefined }[]): Change[] {
  const listed = part.flatMap(({ place }) => (place.units === undefined ? [] : [place]));
  const taken = [...groupBy(listed, ({ topic }) => topic)];
  return [
    ...taken.map(([topic, own]): Change => ({
      kind: 'take-ids',
      table: 'mqtt_topic_msg_map',
      topic,
      ids: own.map(({ id }) => id),
    })),
    ...part.flatMap(({ item }): Change[] =>
      item === undefined ? [] : [{ kind: 'item', table: 'mqtt_msg', before: item, after: undefined }],
    ),
  ];
}

/** Which of these the items of their topics list at this moment, with what a write to such an item costs. */
async function stillListed(run: Run, places: readonly Placed[]): Promise<Map<string, number>> {
  const listed = new Map<string, number>();
  const topics = [...new Set(places.map(({ topic }) => topic))].filter((topic) => isPossibleKey([topic]));
  for (const some of inSlices(topics, ROWS)) {
    const items = await readItems(run, 'mqtt_topic_msg_map', 'topic', some);
    for (const [topic, item] of items) {
      const ids = new Set(setOf(item, 'MsgId'));
      for (const place of places)
        if (place.topic === topic && ids.has(place.id)) listed.set(place.id, writeUnits(itemBytes(item)));
    }
  }
  return listed;
}

/** Items by their keys, as they are at this moment. */
export async function readItems(
  where: Where,
  table: TableName,
  key: string,
  texts: readonly string[],
): Promise<Map<string, Item>> {
  const { dynamo, liveName, signal, retryForMs } = where;
  const keys = texts.filter((text) => isPossibleKey([text])).map((text) => ({ [key]: s(text) }));
  const read = () => batchGetRaw(dynamo, liveName(table), keys, signal, { consistent: true });
  const { items } = await retriedFor(retryForMs, read, signal);
  return new Map(items.map((item) => [textOf(item, key) ?? '', item]));
}
