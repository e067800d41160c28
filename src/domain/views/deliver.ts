/** Why something was not delivered, how often, and a few examples: topic and msgid, or a client. */
export type UnsentView = { reason: string; count: number; examples: readonly string[] };

/** What would go to a topic, and to whom: stored subscriptions with QoS above 0 whose filters match, and a few of their clients. */
export type TopicPlanView = {
  topic: string;
  pending: number;
  retained: number;
  bytes: number;
  subscriptions: number;
  clients: string[];
};

export type DeliverView = {
  /** Messages that were published now, and those that the broker acknowledged. */
  published: number;
  acknowledged: number;
  /** Messages that were published once more because nobody knows what became of them in a run before. */
  unknown: number;
  /** Messages that the broker had acknowledged in a run before. */
  before: number;
  /** Of the acknowledged ones: retained messages, and messages that waited. One may be both. */
  retained: number;
  pending: number;
  /** Sessions that were made. */
  sessions: number;
  /** Messages that left the tables. */
  acked: number;
  journal: string;
};
