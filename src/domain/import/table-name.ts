/**
 * Under which name an exported table is imported. DynamoDB's own exports tell the live name, with its prefix: where that is none of
 * the known tables but ends with the name of one, that one is meant, the longest where there are several.
 */
export function importName(exported: string, known: readonly string[]): string {
  if (known.includes(exported)) return exported;
  const ends = known.filter((name) => exported.endsWith(name)).sort((a, b) => b.length - a.length);
  return ends[0] ?? exported;
}
