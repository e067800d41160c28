import type { TopicEntry } from '../topics/tree.ts';

/** A topic or a subtree; `subscribers`, the stored subscriptions that match, are not counted for a subtree. */
export type TopicView = TopicEntry & { subscribers: number | undefined };
