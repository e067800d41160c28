import type { Publication } from '../../domain/delivery/publication.ts';
import type { MqttConnection, PublishOutcome } from '../../broker/mqtt-connection.ts';
import type { Pace } from '../../dynamo/pace.ts';
import type { Prepared } from './prepare.ts';

/** What the broker answered to each; undefined for one that was not sent or not answered. `failure` is what ended the connection. */
export type GroupOutcome = { answers: (PublishOutcome | undefined)[]; sent: number; failure: unknown };

/**
 * Publishes messages in their order without waiting for each. A broker keeps the order of one topic only among messages of one QoS
 * (MQTT 5, section 4.6), so a change of QoS within a topic waits for what is under way. After a stop no other is sent.
 */
export async function sendGroup(
  connection: MqttConnection,
  group: readonly Prepared[],
  { pace, signal }: { pace: Pace | undefined; signal: AbortSignal },
): Promise<GroupOutcome> {
  const outcome: GroupOutcome = { answers: [], sent: 0, failure: undefined };
  const underWay = new Set<Promise<void>>();
  const qosOf = new Map<string, number>();
  for (const [index, { publication }] of group.entries()) {
    const before = qosOf.get(publication.topic);
    if (before !== undefined && before !== publication.qos) await Promise.all(underWay);
    await pace?.reserve(1, signal).catch(() => undefined);
    if (signal.aborted || outcome.failure !== undefined) break;
    qosOf.set(publication.topic, publication.qos);
    const answered = publishOne(connection, publication, index, outcome);
    outcome.sent += 1;
    underWay.add(answered);
    void answered.then(() => underWay.delete(answered));
    // mosquitto acknowledges and drops what comes while its quota is used up, which MQTT 3.1.1 cannot tell
    if (publication.qos === 2 && connection.limits.inFlight === undefined) await answered;
  }
  await Promise.all(underWay);
  await confirmUnacknowledged(connection, group, outcome);
  return outcome;
}

/** Publishes one, and keeps what was answered; never rejects. */
async function publishOne(
  connection: MqttConnection,
  publication: Publication,
  index: number,
  outcome: GroupOutcome,
): Promise<void> {
  try {
    outcome.answers[index] = await connection.publish(publication);
  } catch (error) {
    outcome.failure ??= error;
  }
}

/** A message with QoS 0 has no acknowledgement of its own: the broker has it once it answers what was sent behind it. */
async function confirmUnacknowledged(
  connection: MqttConnection,
  group: readonly Prepared[],
  outcome: GroupOutcome,
): Promise<void> {
  const isOpen = (index: number) => group[index]?.publication.qos === 0 && outcome.answers[index] !== undefined;
  const open = group.map((_one, index) => index).filter(isOpen);
  if (open.length === 0) return;
  await connection.settled().catch((error: unknown) => {
    outcome.failure ??= error;
    for (const index of open) outcome.answers[index] = undefined;
  });
}
