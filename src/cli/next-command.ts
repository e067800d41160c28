import type { DeliveryFacts, Verdict } from '../domain/delivery/verdict.ts';
import { textOf } from '../domain/item.ts';
import { commandLine } from './shell-words.ts';

/** What to type after a verdict. */
export function nextCommand({ clientid, topic, msgid, messages }: DeliveryFacts, { code }: Pick<Verdict, 'code'>): string {
  switch (code) {
    case 'delivered_from_queue':
      return commandLine('mqdyn', 'pending', topic, '--client', clientid);
    case 'delivered_retained':
      return commandLine('mqdyn', 'retained', topic);
    case 'client_unknown':
      return commandLine('mqdyn', 'clients');
    case 'no_subscription':
      return commandLine('mqdyn', 'explain', clientid, topic, '--subscribed', topic, '--qos', '1', ...msgidFlag(msgid));
    case 'wildcard_subscription':
    case 'qos0_subscription':
      return commandLine('mqdyn', 'subscribe', clientid, topic, '--qos', '1');
    case 'old_subscription':
    case 'hook_skips_topic':
      return commandLine('mqdyn', 'hooks');
    case 'nothing_stored':
      return commandLine('mqdyn', 'topics', `${topic.split('/')[0]}/#`);
    case 'map_unreadable':
      return commandLine('mqdyn', 'query', 'mqtt_topic_msg_map', topic, '--format', 'ddb-json');
    case 'message_unreadable':
      return msgid === undefined
        ? commandLine('mqdyn', 'pending', topic)
        : commandLine('mqdyn', 'query', 'mqtt_msg', msgid, '--format', 'ddb-json');
    case 'message_gone':
      return commandLine('mqdyn', 'pending', topic);
    case 'message_not_in_map':
      return commandLine('mqdyn', 'msg', msgid ?? '');
    case 'message_unknown':
      return commandLine('mqdyn', 'msg', '--decode', msgid ?? '');
    case 'other_topic': {
      const own = textOf(messages.get(msgid ?? '') ?? {}, 'topic') ?? topic;
      return commandLine('mqdyn', 'explain', clientid, own, ...msgidFlag(msgid));
    }
    case 'acked_by_client':
    case 'acked_by_other':
    case 'acked_earlier':
      return commandLine('mqdyn', 'query', 'mqtt_acked', topic);
  }
}

function msgidFlag(msgid: string | undefined): string[] {
  return msgid === undefined ? [] : ['--msgid', msgid];
}

/** The same after the verdict on a stored subscription with a wildcard. */
export function nextForWildcard(filter: string): string {
  return commandLine('mqdyn', 'pending', filter);
}
