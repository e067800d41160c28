/** One eventually consistent read unit reads twice 4 KB. Source: DynamoDB developer guide, "Read and write operations". */
const BYTES_PER_UNIT = 8_192;
const KEYED_STEP = 4_096;

/** Fewer keys than one BatchGetItem takes are not worth a scan. */
const ONE_BATCH = 100;

/** Read units of a whole table of so many bytes. */
export function scanUnits(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_UNIT);
}

/** Items and bytes of a table as DynamoDB counts them every six hours. */
export type Figure = { items: number; bytes: number };

export type LookupPlan =
  { way: 'scan'; keyed: number; scanned: number } | { way: 'keys'; keyed: number; scanned: number | undefined };

/**
 * The cheaper way to look up so many items: each by its key is half a unit for every 4 KB begun, and so is one that is gone; a
 * scan reads the table from end to end. A figure that is smaller than what is looked up is old, and is raised to it.
 */
export function cheaperLookup(wanted: number, figure: Figure | undefined): LookupPlan {
  if (figure === undefined || figure.items === 0) return { way: 'keys', keyed: Math.ceil(wanted / 2), scanned: undefined };
  const each = figure.bytes / figure.items;
  const keyed = Math.ceil((wanted / 2) * Math.max(1, Math.ceil(each / KEYED_STEP)));
  const scanned = scanUnits(each * Math.max(figure.items, wanted));
  return wanted > ONE_BATCH && scanned < keyed ? { way: 'scan', keyed, scanned } : { way: 'keys', keyed, scanned };
}
