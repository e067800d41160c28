import type { Item } from '../domain/item.ts';
import type { Listing, Section } from '../output/document.ts';
import { fieldsOf, type OutputFlags } from './flags.ts';
import { withFields } from './with-fields.ts';

/** One frame of a list: as many of its items as a terminal is high, and how many there are. */
export async function listSections(listing: Listing, flags: OutputFlags, height = 50): Promise<Section[]> {
  const shown: Item[] = [];
  let all = 0;
  const { columns, items } = withFields(listing, fieldsOf(flags));
  for await (const block of items) {
    all += block.length;
    shown.push(...block.slice(0, Math.max(0, height - shown.length)));
  }
  if (all === 0) return [{ heading: '', lines: [listing.whenEmpty ?? 'nothing'] }];
  // clock, heading, the line below, the blank lines between them, and the cursor's own
  const room = Math.max(1, height - 6);
  const count = all > room ? `${room} of ${all}` : `${all}`;
  return [
    { heading: '', lines: [count] },
    { heading: '', columns, rows: shown.slice(0, room) },
  ];
}
