import type { CheckFacts } from './check.ts';

/** Checks that need items of several tables, or all items of one. */

export const mapIdWithoutMessage = {
  id: 'map_id_without_message',
  severity: 'error',
  tables: ['mqtt_topic_msg_map', 'mqtt_msg'],
  title: 'ids in the map whose message is gone',
  says: 'The broker looks for a message that is not there: its payload was too large to be stored, or an ack was cut off. Each such id makes every publish to its topic dearer.',
  repair: 'The ids are taken out of the map, unless their message has been stored meanwhile.',
} as const satisfies CheckFacts;

export const messageWithoutId = {
  id: 'message_without_id',
  severity: 'error',
  tables: ['mqtt_msg', 'mqtt_topic_msg_map'],
  title: 'messages that their topic does not list',
  says: 'No subscription finds them: adding the id to the map failed, by throttling or because the topic was full.',
  repair: 'The id is added to its topic, unless the message has been acked meanwhile.',
} as const satisfies CheckFacts;

export const messageStoreOnly = {
  id: 'message_store_only',
  severity: 'note',
  tables: ['mqtt_msg', 'mqtt_topic_msg_map'],
  title: 'messages that are stored but never queued',
  says: 'Messages of QoS 0 and topics outside of on_message_publish get here by on_message_store alone. No subscription finds them, and no ack removes them.',
} as const satisfies CheckFacts;

export const messageOfOtherTopic = {
  id: 'message_of_other_topic',
  severity: 'error',
  tables: ['mqtt_topic_msg_map', 'mqtt_msg'],
  title: 'ids under a topic that is not that of their message',
  says: 'Subscribers of one topic receive a message of another, and an ack never takes the id away.',
  repair: 'The id is added to the topic of its message and taken from the other one.',
} as const satisfies CheckFacts;

export const idInTwoTopics = {
  id: 'id_in_two_topics',
  severity: 'error',
  tables: ['mqtt_topic_msg_map', 'mqtt_msg'],
  title: 'ids that a second topic lists as well as their own',
  says: 'The message is delivered under both topics, and an ack takes the id only from its own.',
  repair: 'The id is taken from the topic that is not that of its message.',
} as const satisfies CheckFacts;

export const ackOfUnknownClient = {
  id: 'ack_of_unknown_client',
  severity: 'warning',
  tables: ['mqtt_acked', 'mqtt_client', 'mqtt_sub'],
  title: 'acks of clients that no other table knows',
  says: 'The client has neither a state nor a stored subscription: it was removed, or the item was written by hand.',
  repair: 'The item is deleted, unless the client has come back or acked again meanwhile.',
} as const satisfies CheckFacts;

export const ackBehindQueue = {
  id: 'ack_behind_queue',
  severity: 'note',
  tables: ['mqtt_acked', 'mqtt_topic_msg_map'],
  title: 'last acks that are older than everything that waits',
  says: 'The client has acked nothing of what is queued under the topic: it is offline, or it no longer subscribes.',
} as const satisfies CheckFacts;

export const ghostClient = {
  id: 'ghost_client',
  severity: 'warning',
  tables: ['mqtt_client'],
  title: 'clients that say online and most likely are not',
  says: 'Their broker stopped without a word: nothing has happened on its node since, or no other client is on it.',
} as const satisfies CheckFacts;

export const tableMissing = {
  id: 'table_missing',
  severity: 'error',
  tables: [],
  title: 'tables that do not exist',
  says: 'What the backend writes there is lost.',
} as const satisfies CheckFacts;

export const foreignSchema = {
  id: 'foreign_schema',
  severity: 'error',
  tables: [],
  title: 'tables with the key of something else',
  says: 'A table of that name belongs to another program; every write of the backend to it fails. Its items were not checked.',
} as const satisfies CheckFacts;

export const schemaDrift = {
  id: 'schema_drift',
  severity: 'warning',
  tables: [],
  title: 'tables that differ from their schema file',
  says: 'Somebody changed the table or the file.',
} as const satisfies CheckFacts;
