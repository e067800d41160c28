import type { Publication } from '../../domain/delivery/publication.ts';
import type { MqttConnection, PublishOutcome } from '../../broker/mqtt-connection.ts';
import type { Pace } from '../../dynamo/pace.ts';
import type { Prepared } from './prepare.ts';

/** What was sent, and what the broker answered to it; undefined where it did not. `failure` is what ended the connection. */
export type GroupOutcome = { sent: boolean[]; answers: (PublishOutcome | undefined)[]; failure: unknown };

type Sending = {
  pace: Pace | undefined;
  signal: AbortSignal;
  /** Topics of which a message was refused for now: nothing else of them goes, so that it does not overtake. */
  heldBack: Set<string>;
};

/**
 * Publishes messages in their order without waiting for each. A broker keeps the order of one topic only among messages of one QoS
 * (MQTT 5, section 4.6), so a change of QoS within a topic waits for what is under way. After a stop no other is sent.
 */
export async function sendGroup(
  connection: MqttConnection,
  group: readonly Prepared[],
  { pace, signal, heldBack }: Sending,
): Promise<GroupOutcome> {
  const outcome: GroupOutcome = { sent: group.map(() => false), answers: [], failure: undefined };
  const underWay = new Set<Promise<void>>();
  const qosOf = new Map<string, number>();
  for (const [index, { publication }] of group.entries()) {
    const { topic, qos } = publication;
    const before = qosOf.get(topic);
    if (before !== undefined && before !== qos) await Promise.all(underWay);
    if (heldBack.has(topic)) continue;
    await pace?.reserve(1, signal).catch(() => undefined);
    if (signal.aborted || outcome.failure !== undefined) break;
    if (heldBack.has(topic)) continue;
    qosOf.set(topic, qos);
    outcome.sent[index] = true;
    const answered = publishOne(connection, publication, index, outcome, heldBack);
    underWay.add(answered);
    void answered.then(() => underWay.delete(answered));
    // mosquitto acknowledges and drops what comes while its quota is used up, which MQTT 3.1.1 cannot tell
    if (qos === 2 && connection.limits.inFlight === undefined) await answered;
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
  heldBack: Set<string>,
): Promise<void> {
  try {
    const answer = await connection.publish(publication);
    outcome.answers[index] = answer;
    if (typeof answer === 'object' && answer.mayPass) heldBack.add(publication.topic);
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
