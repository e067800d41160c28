import type { RunReader, SortRecord } from './sorted-run.ts';

/** Lines of about so many characters come together. */
const BLOCK = 1 << 18;

/** The records of several runs in the order of their keys; those of one key in the order of the runs. */
export async function* mergeRuns(readers: readonly RunReader[]): AsyncGenerator<SortRecord[]> {
  // the one whose turn it is stands last
  const waiting: Entry[] = [];
  for (const [rank, reader] of readers.entries()) if (await reader.readOn()) enter(waiting, { reader, rank });
  let block: SortRecord[] = [];
  let size = 0;
  for (let first = waiting.pop(); first !== undefined; first = waiting.pop()) {
    const { reader } = first;
    const line = reader.lineInMemory() ?? (await reader.readLine());
    block.push({ key: reader.key, line });
    size += line.length;
    if (size >= BLOCK) {
      yield block;
      block = [];
      size = 0;
    }
    if (reader.step() || (await reader.readOn())) enter(waiting, first);
  }
  if (block.length > 0) yield block;
}

type Entry = { reader: RunReader; rank: number };

/** Puts a reader to its place among those that wait. */
function enter(waiting: Entry[], entry: Entry): void {
  let [from, to] = [0, waiting.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    const other = waiting[middle];
    if (other !== undefined && isBefore(entry, other)) from = middle + 1;
    else to = middle;
  }
  waiting.splice(from, 0, entry);
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.reader.key < other.reader.key || (one.reader.key === other.reader.key && one.rank < other.rank);
}
