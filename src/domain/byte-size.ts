const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** A number of bytes as people read it. A KB is 1,024 bytes, as in DynamoDB's own limits. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // what would be rounded to 1024.0 is one of the next unit
  while (unit < UNITS.length - 1 && Number(value.toFixed(1)) >= 1024) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? bytes : value.toFixed(1)} ${UNITS[unit]}`;
}
