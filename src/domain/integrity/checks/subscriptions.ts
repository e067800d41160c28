import { clientSubscription, queueLookup, retainLookup } from '../../delivery/fetch.ts';
import { numberOf, textOf } from '../../item.ts';
import { hasWildcard, subscriptionFault } from '../../mqtt/topic.ts';
import type { TableName } from '../../records/tables.ts';
import { SOUND, type ItemCheck } from '../check.ts';

const SUBSCRIPTIONS: readonly TableName[] = ['mqtt_sub'];

export const subFilterInvalid: ItemCheck = {
  id: 'sub_filter_invalid',
  severity: 'error',
  tables: SUBSCRIPTIONS,
  title: 'stored subscriptions with an invalid topic filter',
  says: 'The broker cannot subscribe the client to it.',
  judge: (item) => {
    const fault = subscriptionFault(textOf(item, 'topic') ?? '');
    return fault === undefined ? SOUND : [{ detail: fault.message }];
  },
};

export const subQosInvalid: ItemCheck = {
  id: 'sub_qos_invalid',
  severity: 'error',
  tables: SUBSCRIPTIONS,
  title: 'stored subscriptions whose QoS is not 0, 1 or 2',
  says: 'The broker cannot subscribe the client with it.',
  judge: (item) => {
    const qos = numberOf(item, 'qos');
    return qos === undefined || ['0', '1', '2'].includes(qos) ? SOUND : [{ detail: `qos is ${qos}` }];
  },
};

export const subFetchesNothing: ItemCheck = {
  id: 'sub_fetches_nothing',
  severity: 'note',
  tables: SUBSCRIPTIONS,
  title: 'stored subscriptions that never receive a queued message',
  says: 'The broker looks stored messages up by the exact text of the filter, and only for QoS 1 and 2. Such a subscription still receives what is published while the client is connected.',
  judge: (item, _table, { rules }) => {
    const text = textOf(item, 'topic') ?? '';
    const subscription = clientSubscription(text, Number(numberOf(item, 'qos') ?? 0));
    if (subscriptionFault(text) !== undefined) return SOUND;
    if (hasWildcard(subscription.filter)) return [{ detail: 'a wildcard finds no topic' }];
    const lookup = queueLookup(subscription, rules);
    if ('topic' in lookup) return SOUND;
    if (lookup.skip === 'qos0_subscription') {
      // a retained message is found without any QoS
      const retained = 'topic' in retainLookup(subscription, rules) ? ', only the retained one' : '';
      return [{ detail: `QoS 0 fetches no queued messages${retained}` }];
    }
    return [{ detail: 'the rules of the backend exclude this topic' }];
  },
};
