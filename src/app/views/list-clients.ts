import { n, s, textOf, type Item } from '../../domain/item.ts';
import { clientState, NodeCensus, stateSince, type Ghost } from '../../domain/records/clients.ts';
import { ageSeconds } from '../../domain/records/times.ts';
import type { TableReader } from './table-reader.ts';

export type ClientChoice = {
  online: boolean;
  offline: boolean;
  /** Nothing happened to the client for so long, in milliseconds. */
  staleMs?: number | undefined;
  node?: string | undefined;
};

/** So many items are kept to be shown after all of them were seen; a larger table is read a second time instead. */
const KEPT_ROWS = 20_000;

/**
 * The clients that were chosen. Ghosts are only known when every item was seen: a small table waits in memory for that, a large
 * one is read twice, so that memory stays flat.
 */
export async function* listClients(
  reader: TableReader,
  choice: ClientChoice,
  now: number,
  keep = KEPT_ROWS,
  totals = { all: 0 },
): AsyncGenerator<readonly Item[]> {
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
    yield block.filter((item) => isChosen(item, choice, now)).map((item) => clientRow(item, census.ghost(item), now));
  }
}

/** A client as it is shown: what no backend writes stays as it is beside it. */
export function clientRow(item: Item, ghost: Ghost | undefined, now: number): Item {
  const { connect_state: stored, ...rest } = item;
  const since = stateSince(item);
  const age = ageSeconds(since, now);
  const state = clientState(item);
  return {
    ...rest,
    state: s(state),
    // as it is stored: its unit is told apart where it is shown
    since: since === undefined ? { NULL: true } : item[state === 'online' ? 'online_at' : 'offline_at']!,
    age: age === undefined ? { NULL: true } : n(age),
    ghost: ghost === undefined ? { NULL: true } : s(ghost),
    ...(state === 'unknown' && stored !== undefined ? { connect_state: stored } : {}),
  };
}

function isChosen(item: Item, { online, offline, staleMs, node }: ClientChoice, now: number): boolean {
  const state = clientState(item);
  if ((online || offline) && !((online && state === 'online') || (offline && state === 'offline'))) return false;
  if (node !== undefined && textOf(item, 'node') !== node) return false;
  const since = stateSince(item);
  return staleMs === undefined || (since !== undefined && now - since >= staleMs);
}
