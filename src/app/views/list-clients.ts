import { textOf, type Item } from '../../domain/item.ts';
import { clientState, NodeCensus, stateSince, type Ghost } from '../../domain/records/clients.ts';
import { ageSeconds } from '../../domain/records/times.ts';
import type { ClientView } from '../../domain/views/clients.ts';
import type { TableReader } from './table-reader.ts';

export type ClientChoice = {
  online: boolean;
  offline: boolean;
  /** Nothing happened to the client for so long, in milliseconds. */
  staleMs?: number | undefined;
  node?: string | undefined;
};

/** So many items are kept to be shown after all of them were seen; a larger table is read a second time instead. */
const KEPT_ITEMS = 20_000;

/**
 * The clients that were chosen. Ghosts are only known when every item was seen: a small table waits in memory for that, a large
 * one is read twice, so that memory stays flat.
 */
export async function* listClients(
  reader: TableReader,
  choice: ClientChoice,
  now: number,
  keep = KEPT_ITEMS,
  totals = { all: 0 },
): AsyncGenerator<readonly ClientView[]> {
  const census = new NodeCensus();
  let kept: Item[] | undefined = [];
  for await (const block of reader.scan('mqtt_client')) {
    totals.all += block.length;
    for (const item of block) census.add(item);
    if (kept !== undefined && kept.length + block.length <= keep) kept.push(...block);
    else kept = undefined;
  }
  const items = kept === undefined ? reader.scan('mqtt_client') : [kept];
  for await (const block of items) {
    yield block.filter((item) => isChosen(item, choice, now)).map((item) => clientView(item, census.ghost(item), now));
  }
}

/** A client with what its stored state comes to. */
export function clientView(item: Item, ghost: Ghost | undefined, now: number): ClientView {
  const since = stateSince(item);
  const state = clientState(item);
  return {
    item,
    state,
    since: since === undefined ? undefined : item[state === 'online' ? 'online_at' : 'offline_at'],
    age: ageSeconds(since, now),
    ghost,
  };
}

function isChosen(item: Item, { online, offline, staleMs, node }: ClientChoice, now: number): boolean {
  const state = clientState(item);
  if ((online || offline) && !((online && state === 'online') || (offline && state === 'offline'))) return false;
  if (node !== undefined && textOf(item, 'node') !== node) return false;
  const since = stateSince(item);
  return staleMs === undefined || (since !== undefined && now - since >= staleMs);
}
