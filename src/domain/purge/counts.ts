import type { TableName } from '../records/tables.ts';

/** What became of one table. In mqtt_topic_msg_map ids are counted, elsewhere items. */
export type PurgeCounts = {
  deleted: number;
  /** Selected and left, because they were no longer as they had been read. */
  changedMeanwhile: number;
  /** Messages that no map lists and that are too new to say that none ever will. */
  recent: number;
};

export type CountsByTable = Partial<Record<TableName, PurgeCounts>>;

export function noCounts(): PurgeCounts {
  return { deleted: 0, changedMeanwhile: 0, recent: 0 };
}

/** What would go of one table, as far as it was read. `units` are write capacity units. */
export type Estimate = { selected: number; bytes: number; units: number; examples: string[] };

const EXAMPLES = 3;

export function noEstimate(): Estimate {
  return { selected: 0, bytes: 0, units: 0, examples: [] };
}

/** Adds what one write takes away. */
export function addToEstimate(
  estimate: Estimate,
  part: { selected: number; bytes: number; units: number },
  example: () => string,
): void {
  estimate.selected += part.selected;
  estimate.bytes += part.bytes;
  estimate.units += part.units;
  if (part.selected > 0 && estimate.examples.length < EXAMPLES) estimate.examples.push(example());
}
