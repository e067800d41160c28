import { itemKeyText, type ItemKey } from '../records/keys.ts';

/** Part `index` of `count`, counted from 1. */
export type Shard = { index: number; count: number };

/** Whether a key belongs to a shard. Every key belongs to exactly one, on every machine the same. */
export function inShard(key: ItemKey, { index, count }: Shard): boolean {
  return fnv1a(itemKeyText(key)) % count === index - 1;
}

/** FNV-1a, 32 bit, over the UTF-16 units of a text. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash ^= text.charCodeAt(at);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}
