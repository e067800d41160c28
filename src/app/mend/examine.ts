import type { CheckFacts, JudgeContext } from '../../domain/integrity/check.ts';
import type { Found } from '../../domain/integrity/finding.ts';
import {
  ackBehindQueue,
  ackOfUnknownClient,
  ghostClient,
  idInTwoTopics,
  mapIdWithoutMessage,
  messageOfOtherTopic,
  messageStoreOnly,
  messageWithoutId,
} from '../../domain/integrity/joins.ts';
import { judgeItem } from '../../domain/integrity/judge-item.ts';
import { ITEM_CHECKS } from '../../domain/integrity/registry.ts';
import { READ_ORDER, type TableName } from '../../domain/records/tables.ts';
import { ackClientJoin, ackQueueJoin, ghostJoin } from './client-joins.ts';
import { confirm, type ConfirmOptions } from './confirm.ts';
import { inSlices } from './in-slices.ts';
import type { Join } from './join.ts';
import { messageJoin } from './message-joins.ts';
import type { DoctorSource, Subset } from './source.ts';
import type { Suspect } from './suspect.ts';

export type ExamineOptions = JudgeContext & {
  /** Ids of the checks to make. */
  checks: ReadonlySet<string>;
  /** Tables that are there with the backend's own keys. */
  usable: ReadonlySet<TableName>;
  /** What is younger than this is in flight and not looked at; milliseconds. */
  graceMs: number;
  subset?: Subset | undefined;
  signal: AbortSignal;
  /** Waits until what a broker has begun is at its end: two seconds where it is left out. */
  settle?: (() => Promise<void>) | undefined;
  /** Hears how many items of which table were read. */
  progress?: (table: TableName, items: number) => void;
};

/**
 * What one item shows and is worth no more than a note is told as it was read: a store of EMQX 3.x has such a note on every item, and
 * to read each of them again would cost more than the look itself.
 */
const NOTES: ReadonlySet<string> = new Set(ITEM_CHECKS.filter(({ severity }) => severity === 'note').map(({ id }) => id));

/** Suspects that are confirmed at once. */
const AT_ONCE = 5_000;

const MESSAGE_CHECKS = [mapIdWithoutMessage, messageWithoutId, messageStoreOnly, messageOfOtherTopic, idInTwoTopics];
const JOIN_CHECKS = [...MESSAGE_CHECKS, ackOfUnknownClient, ackBehindQueue, ghostClient];

/** What a suspect may turn out to be. */
const CHECKS_OF: Readonly<Record<Exclude<Suspect['is'], 'item'>, readonly { id: string }[]>> = {
  gone: [mapIdWithoutMessage],
  unlisted: [messageWithoutId, messageStoreOnly],
  elsewhere: [messageOfOtherTopic, idInTwoTopics],
  'ack-unknown': [ackOfUnknownClient],
  'ack-behind': [ackBehindQueue],
  ghost: [ghostClient],
};

/** The tables that checks need, in the order in which they are read. */
export function tablesFor(checks: ReadonlySet<string>): TableName[] {
  const needed = new Set(
    [...ITEM_CHECKS, ...JOIN_CHECKS].filter(({ id }) => checks.has(id)).flatMap(({ tables }) => [...tables]),
  );
  return READ_ORDER.filter((table) => needed.has(table));
}

/** Checks that cannot be made because a table that they need is not usable; of items, because none of their tables is. */
export function impossibleChecks(checks: ReadonlySet<string>, usable: ReadonlySet<TableName>): string[] {
  const isMissing = (table: TableName) => !usable.has(table);
  const impossible = [
    ...ITEM_CHECKS.filter(({ tables }) => tables.every(isMissing)),
    ...JOIN_CHECKS.filter(({ tables }) => tables.some(isMissing)),
  ];
  return impossible.map(({ id }) => id).filter((id) => checks.has(id));
}

/**
 * Reads each table once and says what is wrong. What looks wrong, but for notes on a single item, is read a second time before it is
 * told where somebody may write meanwhile, so that a broker at work makes no finding. Memory stays bounded however large the tables are.
 */
export async function* examine(source: DoctorSource, options: ExamineOptions): AsyncGenerator<Found[]> {
  const { checks, usable } = options;
  const itemChecks = ITEM_CHECKS.filter(({ id }) => checks.has(id));
  const confirming: ConfirmOptions = { ...options, itemChecks, read: source.read, subscriptionsOf: source.subscriptionsOf };
  const joins = joinsFor(source, options);
  try {
    for (const table of tablesFor(checks)) {
      if (!usable.has(table)) continue;
      let items = 0;
      for await (const { page, isOurs } of pagesOf(source, table, options)) {
        const [suspects, notes]: [Suspect[], Found[]] = [[], []];
        for (const item of page) {
          for (const join of joins) join.note(table, item, isOurs);
          if (!isOurs) continue;
          const found = judgeItem(item, table, itemChecks, options);
          if (found.findings.length === 0) continue;
          if (found.findings.every(({ check }) => NOTES.has(check))) notes.push(found);
          else suspects.push({ is: 'item', table, item });
        }
        items += page.length;
        options.progress?.(table, items);
        for (const join of joins) await join.flush();
        if (notes.length > 0) yield notes;
        if (suspects.length > 0) yield await confirm(suspects, confirming);
      }
    }
    for (const join of joins) {
      for await (const suspects of gathered(join, checks)) yield only(await confirm(suspects, confirming), checks);
    }
  } finally {
    for (const join of joins) await join.close();
  }
}

/** The comparisons of several tables that are wanted and possible. With a subset the other side is looked up by key. */
function joinsFor(source: DoctorSource, options: ExamineOptions): Join[] {
  const { checks, usable, now, graceMs, rules, subset } = options;
  const wants = ({ id, tables }: CheckFacts) => checks.has(id) && tables.every((table) => usable.has(table));
  const lookUp = subset === undefined ? undefined : source.read;
  const joins: Join[] = [];
  if (wants(ghostClient)) joins.push(ghostJoin());
  if (wants(ackOfUnknownClient)) joins.push(ackClientJoin(lookUp));
  if (wants(ackBehindQueue)) joins.push(ackQueueJoin(lookUp));
  if (MESSAGE_CHECKS.some(wants)) joins.push(messageJoin(lookUp, { rules, before: now - graceMs }));
  return joins;
}

/** The pages to check. Which nodes are dead only all clients together tell, so of them every part is read. */
async function* pagesOf(source: DoctorSource, table: TableName, { subset, checks }: ExamineOptions) {
  if (subset === undefined || table !== 'mqtt_client' || !checks.has(ghostClient.id)) {
    for await (const page of source.scan(table, subset)) yield { page, isOurs: true };
    return;
  }
  for (let part = 1; part <= subset.of; part += 1) {
    for await (const page of source.scan(table, { part, of: subset.of })) yield { page, isOurs: part === subset.part };
  }
}

/** Few suspects of many partitions together, many of one in several runs. */
async function* gathered(join: Join, checks: ReadonlySet<string>): AsyncGenerator<Suspect[]> {
  let held: Suspect[] = [];
  for await (const suspects of join.suspects()) {
    held.push(...suspects.filter((one) => one.is === 'item' || CHECKS_OF[one.is].some(({ id }) => checks.has(id))));
    if (held.length < AT_ONCE) continue;
    yield* inSlices(held, AT_ONCE);
    held = [];
  }
  if (held.length > 0) yield held;
}

function only(found: readonly Found[], checks: ReadonlySet<string>): Found[] {
  return found.filter(({ findings }) => findings.every(({ check }) => checks.has(check)));
}
