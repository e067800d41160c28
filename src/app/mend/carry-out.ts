import { groupBy } from '../../domain/group-by.ts';
import type { Change } from '../../domain/changes/change.ts';
import type { Repair } from '../../domain/integrity/finding.ts';
import { s, textOf } from '../../domain/item.ts';
import type { Dynamo } from '../../dynamo/client.ts';
import { makeChange } from '../../dynamo/make-change.ts';
import type { Journal } from '../../files/journal.ts';
import { inParallel } from '../in-parallel.ts';
import { knownClients } from './confirm-clients.ts';
import { listedPairs, messagesOf, pairText } from './lookups.ts';
import type { DoctorSource } from './source.ts';

/** What a repair came to: made, or left with what stood against it. */
export type RepairResult = { repair: Repair; left: string | undefined };

export type CarryOutContext = {
  dynamo: Dynamo;
  liveName: (table: string) => string;
  signal: AbortSignal;
  source: { [way in 'read' | 'subscriptionsOf']: NonNullable<DoctorSource[way]> };
  journal: Journal;
};

/** Repairs that are looked at together. */
const AT_ONCE = 500;

type Of<Do extends Repair['do']> = Extract<Repair, { do: Do }>;

const GONE = 'the message has been stored meanwhile';
const ACKED = 'the message is gone';

/**
 * Carries repairs out. Each is looked at once more, goes to the journal, and is made under the condition that what it rests on is
 * still so; where a second item decides, that one is read again afterwards, and a change that it no longer supports is taken back.
 */
export async function* carryOut(repairs: AsyncIterable<Repair>, context: CarryOutContext): AsyncGenerator<RepairResult[]> {
  for await (const some of inRuns(repairs)) {
    context.signal.throwIfAborted();
    const of = <Do extends Repair['do']>(kind: Do) => some.filter((repair): repair is Of<Do> => repair.do === kind);
    yield await changeItems(of('change'), context);
    yield await takeIds(of('take-id'), context);
    yield await addIds(of('add-id'), context);
    yield await moveIds(of('move-id'), context);
    yield await dropAcks(of('drop-ack'), context);
  }
}

async function* inRuns(repairs: AsyncIterable<Repair>): AsyncGenerator<Repair[]> {
  let run: Repair[] = [];
  for await (const repair of repairs) {
    run.push(repair);
    if (run.length < AT_ONCE) continue;
    yield run;
    run = [];
  }
  if (run.length > 0) yield run;
}

/** The condition of the change itself is all that it takes from here on. */
async function changeItems(
  repairs: readonly (Of<'change'> | Of<'drop-ack'>)[],
  context: CarryOutContext,
): Promise<RepairResult[]> {
  await context.journal.append(repairs.map(({ change }) => change));
  const change = async (repair: (typeof repairs)[number]) => ({ repair, left: why(await makeChange(context, repair.change)) });
  return inParallel(repairs, change, context.signal);
}

/** Ids whose message is gone: the ids of a topic leave in one update, as each update is billed on all of them. */
async function takeIds(repairs: readonly Of<'take-id'>[], context: CarryOutContext): Promise<RepairResult[]> {
  const read = context.source.read;
  // what an ack has taken meanwhile is done, and is not to stand in the journal
  const listed = await listedPairs(read, repairs);
  const stored = await messagesOf(read, idsOf(repairs));
  const results: { repair: Repair; left: string | undefined }[] = [];
  const due: Of<'take-id'>[] = [];
  for (const repair of repairs) {
    if (stored.has(repair.msgid)) results.push({ repair, left: GONE });
    else if (listed.has(pairText(repair.topic, repair.msgid))) due.push(repair);
    else results.push({ repair, left: undefined });
  }
  for (const [topic, own] of groupBy(due, (repair) => repair.topic)) {
    const left = await made(context, { kind: 'take-ids', table: 'mqtt_topic_msg_map', topic, ids: idsOf(own) });
    results.push(...own.map((repair) => ({ repair, left })));
  }
  // whoever stored a message between the two readings listed it before or after: either way it is listed again
  const late = await messagesOf(read, idsOf(due));
  const again = due.filter(({ msgid, topic }) => textOf(late.get(msgid) ?? {}, 'topic') === topic);
  for (const [topic, own] of groupBy(again, (repair) => repair.topic)) {
    await made(context, { kind: 'add-ids', table: 'mqtt_topic_msg_map', topic, ids: idsOf(own), existed: true });
    for (const result of results) if (own.some((repair) => repair === result.repair)) result.left = GONE;
  }
  return results;
}

/** A message, and the topic that is to list it. */
type Listing = { repair: Of<'add-id'> | Of<'move-id'>; own: string };

/** Messages that their topic does not list. One that is acked meanwhile is gone afterwards, and so must its id be. */
async function addIds(repairs: readonly Of<'add-id'>[], context: CarryOutContext): Promise<RepairResult[]> {
  const lists = repairs.map((repair) => ({ repair, own: repair.topic }));
  return list(lists, context);
}

async function list(lists: readonly Listing[], context: CarryOutContext): Promise<RepairResult[]> {
  const read = context.source.read;
  const ids = lists.map(({ repair }) => repair.msgid);
  const stored = await messagesOf(read, ids);
  const isDue = ({ repair, own }: Listing) => textOf(stored.get(repair.msgid) ?? {}, 'topic') === own;
  const results: { repair: Repair; left: string | undefined }[] = lists
    .filter((one) => !isDue(one))
    .map(({ repair }) => ({ repair, left: ACKED }));
  const due = lists.filter(isDue);
  for (const [topic, own] of groupBy(due, (one) => one.own)) {
    const [item] = await read('mqtt_topic_msg_map', [{ topic: s(topic) }]);
    const msgids = [...new Set(own.map(({ repair }) => repair.msgid))];
    const change: Change = { kind: 'add-ids', table: 'mqtt_topic_msg_map', topic, ids: msgids, existed: item !== undefined };
    const left = await made(context, change);
    results.push(...own.map(({ repair }) => ({ repair, left })));
  }
  const late = await messagesOf(
    read,
    due.map(({ repair }) => repair.msgid),
  );
  const acked = due.filter(({ repair }) => !late.has(repair.msgid));
  for (const [topic, own] of groupBy(acked, (one) => one.own)) {
    const msgids = own.map(({ repair }) => repair.msgid);
    await made(context, { kind: 'take-ids', table: 'mqtt_topic_msg_map', topic, ids: msgids });
    for (const result of results) if (own.some(({ repair }) => repair === result.repair)) result.left = ACKED;
  }
  return results;
}

/** Ids under a topic that is not that of their message: listed under their own first, so that at no moment nobody finds them. */
async function moveIds(repairs: readonly Of<'move-id'>[], context: CarryOutContext): Promise<RepairResult[]> {
  const listed = await listedPairs(
    context.source.read,
    repairs.map(({ own, msgid }) => ({ topic: own, msgid })),
  );
  const unlisted = repairs.filter(({ own, msgid }) => !listed.has(pairText(own, msgid)));
  const results = await list(
    unlisted.map((repair) => ({ repair, own: repair.own })),
    context,
  );
  const refused = results.filter(({ left }) => left !== undefined);
  const due = repairs.filter((repair) => !refused.some((result) => result.repair === repair));
  const stored = await messagesOf(context.source.read, idsOf(due));
  const isThere = ({ own, msgid }: Of<'move-id'>) => textOf(stored.get(msgid) ?? {}, 'topic') === own;
  const gone = due.filter((repair) => !isThere(repair));
  const moved: RepairResult[] = gone.map((repair) => ({ repair, left: ACKED }));
  for (const [topic, own] of groupBy(due.filter(isThere), (repair) => repair.topic)) {
    const left = await made(context, { kind: 'take-ids', table: 'mqtt_topic_msg_map', topic, ids: idsOf(own) });
    moved.push(...own.map((repair) => ({ repair, left })));
  }
  return [...refused, ...moved];
}

/** Acks of clients that nothing else knows. */
async function dropAcks(repairs: readonly Of<'drop-ack'>[], context: CarryOutContext): Promise<RepairResult[]> {
  const { source } = context;
  const known = repairs.length === 0 ? new Set() : await knownClients(source.read, repairs);
  const due: Of<'drop-ack'>[] = [];
  const results: RepairResult[] = [];
  for (const repair of repairs) {
    const isKnown = known.has(repair.clientid) || (await source.subscriptionsOf(repair.clientid)) > 0;
    if (isKnown) results.push({ repair, left: 'the client is known again' });
    else due.push(repair);
  }
  return [...results, ...(await changeItems(due, context))];
}

/**
 * Writes a change to the journal and makes it; says what stood against it. A topic whose last id was taken leaves no empty item,
 * unless somebody adds to it meanwhile.
 */
async function made(context: CarryOutContext, change: Change): Promise<string | undefined> {
  await context.journal.append([change]);
  const outcome = await makeChange(context, change);
  if (outcome.made && outcome.emptied && change.kind !== 'item') {
    const { table, topic } = change;
    await made(context, { kind: 'item', table, before: { topic: s(topic) }, after: undefined });
  }
  return why(outcome);
}

function why(outcome: Awaited<ReturnType<typeof makeChange>>): string | undefined {
  return outcome.made ? undefined : outcome.why;
}

function idsOf(repairs: readonly { msgid: string }[]): string[] {
  return [...new Set(repairs.map(({ msgid }) => msgid))];
}
