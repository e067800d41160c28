import { packetBytes, publicationOf, type Publication } from '../../domain/delivery/publication.ts';
import { numberOf, textOf, type Item } from '../../domain/item.ts';
import type { BrokerLimits } from '../../broker/mqtt-connection.ts';
import type { TableReader } from '../views/table-reader.ts';
import type { Entry } from './stored-messages.ts';
import type { Unsent } from './unsent.ts';

/** A message that can be published. `item` is its item of mqtt_msg; undefined for one that is only retained. */
export type Prepared = { entry: Entry; publication: Publication; item: Item | undefined };

/** Limits of the target; nothing is known of them before it is asked. */
export type TargetLimits = Partial<Pick<BrokerLimits, 'maximumQos' | 'maximumPacket' | 'retainAvailable'>> & {
  /** Bytes of a payload. */
  maxPayload?: number | undefined;
};

/** What was changed of messages so that they can be sent. */
export type Altered = { qosLowered: number; retainCleared: number };

/**
 * Reads the messages of entries and makes publications of them; what cannot be one is counted with its reason.
 *
 * A waiting message keeps its retain flag only where it is the retained message of its topic: one that was replaced or deleted since
 * would otherwise come back as such. The backend, too, gives it to its subscribers alone.
 */
export async function prepare(
  reader: TableReader,
  entries: readonly Entry[],
  limits: TargetLimits,
  { unsent, altered }: { unsent: Unsent; altered: Altered },
): Promise<Prepared[]> {
  const waiting = entries.filter(({ pending }) => pending).map(({ msgid }) => [msgid]);
  const messages = byText(await reader.batch('mqtt_msg', waiting), 'msgid');
  const topics = entries.filter(({ retained, msgid }) => retained || isFlagged(messages.get(msgid))).map(({ topic }) => [topic]);
  const retained = byText(await reader.batch('mqtt_retain', topics), 'topic');
  const prepared: Prepared[] = [];
  for (const entry of entries) {
    const { topic } = entry;
    const current = retained.get(topic);
    const message = entry.pending ? messages.get(entry.msgid) : undefined;
    const isCurrent = current !== undefined && (textOf(current, 'msgid') ?? '') === entry.msgid;
    // a retained message that is not there any more was deleted since it was listed
    const item = message ?? (entry.retained ? current : undefined);
    if (item === undefined) {
      if (entry.pending) unsent.add('message_gone', nameOf(entry));
      continue;
    }
    const retain = message === undefined || entry.retained ? true : isFlagged(message) && isCurrent;
    const msgid = textOf(item, 'msgid') ?? '';
    const made = publicationOf(item, { topic, msgid, retain });
    const publication = 'fault' in made ? made : within(made, limits, altered);
    if ('fault' in publication) {
      unsent.add(publication.fault, nameOf(entry));
      continue;
    }
    if (!retain && isFlagged(message)) altered.retainCleared += 1;
    prepared.push({ entry: { ...entry, msgid }, publication, item: message });
  }
  return prepared;
}

/** The publication as far as the target takes it, or why it does not. */
function within(
  publication: Publication,
  { maximumQos = 2, maximumPacket = Infinity, retainAvailable = true, maxPayload = Infinity }: TargetLimits,
  altered: Altered,
): Publication | { fault: 'payload_too_large' | 'retain_unavailable' } {
  if (publication.payload.length > maxPayload || packetBytes(publication) > maximumPacket) return { fault: 'payload_too_large' };
  if (publication.retain && !retainAvailable) return { fault: 'retain_unavailable' };
  if (publication.qos <= maximumQos) return publication;
  altered.qosLowered += 1;
  return { ...publication, qos: maximumQos };
}

/** Whether a message was published with the retain flag. */
function isFlagged(item: Item | undefined): boolean {
  return item !== undefined && (numberOf(item, 'retain') ?? '0') !== '0';
}

/** How a message is named as an example. */
export function nameOf({ topic, msgid }: Pick<Entry, 'topic' | 'msgid'>): string {
  return `${topic} ${msgid}`;
}

function byText(items: readonly Item[], attribute: string): Map<string, Item> {
  return new Map(items.map((item) => [textOf(item, attribute) ?? '', item]));
}
