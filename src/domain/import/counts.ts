/** What became of the lines of one table. `read = applied + superseded + skipped + rejected`; bytes and units are of what was applied. */
export type TableCounts = {
  table: string;
  read: number;
  applied: number;
  /** Replaced by a later line of the same key before it was sent. */
  superseded: number;
  skipped: number;
  rejected: number;
  /** Bytes as DynamoDB counts them. */
  bytes: number;
  writeUnits: number;
};

const COUNTED = ['read', 'applied', 'superseded', 'skipped', 'rejected', 'bytes', 'writeUnits'] as const;

export type Counts = Omit<TableCounts, 'table'>;

export function noCounts(table: string): TableCounts {
  return { table, read: 0, applied: 0, superseded: 0, skipped: 0, rejected: 0, bytes: 0, writeUnits: 0 };
}

/** Adds the counts of some tables to those of others. */
export function addCounts(sum: TableCounts[], more: readonly TableCounts[]): void {
  for (const counts of more) {
    let own = sum.find(({ table }) => table === counts.table);
    if (own === undefined) sum.push((own = noCounts(counts.table)));
    for (const name of COUNTED) own[name] += counts[name];
  }
}

/** The counts of all tables together. */
export function totalOf(tables: readonly TableCounts[]): Counts {
  const sum: TableCounts[] = [];
  addCounts(
    sum,
    tables.map((counts) => ({ ...counts, table: '' })),
  );
  return sum[0] ?? noCounts('');
}

/** The identity that every import ends with; anything else is a bug. */
export function isAccountedFor({ read, applied, superseded, skipped, rejected }: Counts): boolean {
  return read === applied + superseded + skipped + rejected;
}
