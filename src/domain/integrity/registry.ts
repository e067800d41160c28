import type { CheckFacts, ItemCheck } from './check.ts';
import { attributeType } from './checks/attribute-type.ts';
import { attributeValue } from './checks/attribute-value.ts';
import { mapEmpty } from './checks/map-empty.ts';
import { mapType } from './checks/map-type.ts';
import { missingAttribute } from './checks/missing-attribute.ts';
import { msgidFuture, msgidInvalid } from './checks/msgid.ts';
import { retainedEmpty, retainedFlag, retainedWildcard } from './checks/retained.ts';
import { subFetchesNothing, subFilterInvalid, subQosInvalid } from './checks/subscriptions.ts';
import { timeUnit } from './checks/time-unit.ts';
import { topicNearLimit } from './checks/topic-near-limit.ts';
import { unknownAttribute } from './checks/unknown-attribute.ts';
import * as joins from './joins.ts';

/** Checks that look at one item at a time. */
export const ITEM_CHECKS: readonly ItemCheck[] = [
  mapType,
  missingAttribute,
  attributeType,
  attributeValue,
  msgidInvalid,
  subFilterInvalid,
  subQosInvalid,
  retainedWildcard,
  topicNearLimit,
  retainedFlag,
  retainedEmpty,
  msgidFuture,
  subFetchesNothing,
  mapEmpty,
  timeUnit,
  unknownAttribute,
];

/** Every check, those of whole tables first and the slow ones last. */
export const CHECKS: readonly CheckFacts[] = [
  joins.tableMissing,
  joins.foreignSchema,
  joins.schemaDrift,
  ...ITEM_CHECKS,
  joins.ghostClient,
  joins.ackOfUnknownClient,
  joins.ackBehindQueue,
  joins.mapIdWithoutMessage,
  joins.messageWithoutId,
  joins.messageStoreOnly,
  joins.messageOfOtherTopic,
  joins.idInTwoTopics,
];
