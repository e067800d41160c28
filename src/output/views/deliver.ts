import type { Item } from '../../domain/item.ts';
import type { DeliverView, TopicPlanView, UnsentView } from '../../domain/views/deliver.ts';
import { itemOf, listOf, namesOf, valueOf } from '../items.ts';

export function unsentItem({ reason, count, examples }: UnsentView): Item {
  return { ...itemOf({ reason, count }), examples: namesOf(examples) };
}

export function topicPlanItem({ clients, ...counts }: TopicPlanView): Item {
  return { ...itemOf(counts), clients: namesOf(clients) };
}

/** What cannot be sent and how many sessions would be made, beside the topics of a plan. */
export function planTotals(unsent: readonly UnsentView[], sessions: number): Item {
  return { unsent: listOf(unsent.map(unsentItem)), sessions: valueOf(sessions) };
}

/** The result of a delivery. */
export function deliverTotals(view: DeliverView, seconds: number): Item {
  const { published, acknowledged, unknown, before, retained, pending, sessions, acked, journal } = view;
  return {
    ...itemOf({ published, acknowledged, unknown, acknowledgedBefore: before, retained, pending, sessions, acked }),
    seconds: valueOf(Number(seconds.toFixed(3))),
    journal: valueOf(journal),
  };
}
