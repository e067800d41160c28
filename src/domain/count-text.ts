/** A number as people read it: `1,234,567`. */
export function countText(value: number): string {
  return value.toLocaleString('en-US');
}

/** The noun as the count wants it. */
export function plural(noun: string, count: number): string {
  return count === 1 ? noun : `${noun}s`;
}
