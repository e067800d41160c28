import type { Item } from '../../domain/item.ts';
import { microsToIso } from '../../domain/mqtt/msgid.ts';
import type { ClientDossier, ClientView, SubscriptionView } from '../../domain/views/clients.ts';
import { listOf, valueOf } from '../items.ts';

/** A client: what no backend writes stays as it is beside what it means. */
export function clientItem({ item, state, since, age, ghost }: ClientView): Item {
  const { connect_state: stored, ...rest } = item;
  return {
    ...rest,
    state: valueOf(state),
    // as it is stored: its unit is told apart where it is shown
    since: since ?? valueOf(undefined),
    age: valueOf(age),
    ghost: valueOf(ghost),
    ...(state === 'unknown' && stored !== undefined ? { connect_state: stored } : {}),
  };
}

/** The client of a dossier, without a ghost where it was not looked for. */
export function knownClientItem({ client, ghostKnown }: ClientDossier): Item {
  const { ghost, ...item } = clientItem(client);
  return ghostKnown && ghost !== undefined ? { ...item, ghost } : item;
}

export function subscriptionItem({ item, fault, waiting, oldest, acked, ackedMicros }: SubscriptionView): Item {
  const { clientid: _, ...stored } = item;
  return {
    ...stored,
    fetches: valueOf(fault ?? 'yes'),
    waiting: valueOf(waiting),
    oldest: valueOf(oldest),
    acked: valueOf(acked),
    ackedAt: valueOf(ackedMicros === undefined ? undefined : microsToIso(ackedMicros)),
  };
}

/** A dossier as one object. */
export function dossierItem(dossier: ClientDossier): Item {
  const subscriptions = listOf(dossier.subscriptions.map(subscriptionItem));
  return { ...knownClientItem(dossier), waiting: valueOf(dossier.waiting), subscriptions };
}
