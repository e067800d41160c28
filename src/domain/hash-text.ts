/** A number from 0 to below `size`, a power of two, for a text: FNV-1a over its characters, so that texts that differ little are dealt out evenly. */
export function hashText(text: string, size: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 16)) & (size - 1);
}
