import { MqdynError } from '../../../domain/errors.ts';
import { keyFault, keyParts } from '../../../domain/export/keys.ts';
import { broughtBack } from '../../../domain/import/change.ts';
import { itemFault } from '../../../domain/json/item-fault.ts';
import { READ_ORDER } from '../../../domain/records/tables.ts';
import { backendKeys } from '../../../domain/schema/definition.ts';
import { didYouMean } from '../../../domain/suggest.ts';
import type { DataLine } from '../../../files/data-lines.ts';
import { entriesIn } from '../../../files/journal.ts';
import { parseJournalLine } from '../../../files/journal-line.ts';
import type { WholeInput } from '../../../files/whole-input.ts';
import { linesOf } from './line-source.ts';
import type { ImportEntry, ImportSource } from './source.ts';

/** Entries of one block: a journal is read backwards, a line at a time. */
const BLOCK = 500;

/** What a journal took away, the last change first, as rewind goes. Every line of it is looked at here already. */
export async function journalSource(input: WholeInput, wanted: readonly string[], signal: AbortSignal): Promise<ImportSource> {
  const { tables: found, lines } = await readThrough(input, signal);
  const unknown = wanted.find((name) => !found.has(name));
  if (unknown !== undefined) {
    throw new MqdynError('E_USAGE', `the journal changes no table ${unknown}.${didYouMean(unknown, [...found])}`);
  }
  const tables = READ_ORDER.filter((table) => found.has(table) && (wanted.length === 0 || wanted.includes(table)));
  if (tables.length === 0) throw new MqdynError('E_INPUT', `there is no change in ${input.label}`);
  const names = new Set<string>(tables);
  return {
    name: input.name,
    tables: tables.map((table) => ({ table, schema: undefined, keys: backendKeys(table) })),
    parts: [{ name: input.name, entries: (stop) => entriesOf(input, lines, names, stop) }],
    digest: await input.digest(),
    skips: 'changes that only rewind takes back',
    verify: async () => undefined,
    close: () => input.close(),
  };
}

/** The tables that a journal changes and the number of its whole lines; the first line that is wrong is E_INPUT. */
async function readThrough(input: WholeInput, signal: AbortSignal): Promise<{ tables: Set<string>; lines: number }> {
  const tables = new Set<string>();
  let lines = 0;
  for await (const block of linesOf(input, signal)) {
    for (const line of block) {
      // the change of a line that was not written whole was never made
      if (line.unterminated) continue;
      lines += 1;
      const { table, fault } = lineIn(input, line);
      if (line.number !== lines || fault !== undefined) {
        const where = line.number === lines ? lines : line.number - 1;
        throw new MqdynError('E_INPUT', `${input.label}: line ${where} ${fault ?? 'is blank'}`);
      }
      if (table !== undefined) tables.add(table);
    }
  }
  return { tables, lines };
}

function lineIn(input: WholeInput, { text }: DataLine): { table?: string; fault?: string | undefined } {
  if (text === undefined) return { fault: 'is too long, or not UTF-8' };
  try {
    const line = parseJournalLine(input.label, text);
    if (line === undefined || 'rewound' in line) return {};
    const { table, ...change } = line.change;
    if (change.kind !== 'item' || change.before === undefined) return { table };
    const fault = itemFault(change.before);
    return { table, fault: fault === undefined ? keyFault(change.before, keyParts(table, undefined) ?? []) : `Item${fault}` };
  } catch (error) {
    if (error instanceof MqdynError && error.code === 'E_INPUT') return { fault: 'is not of a journal' };
    throw error;
  }
}

async function* entriesOf(
  input: WholeInput,
  lines: number,
  tables: ReadonlySet<string>,
  signal: AbortSignal,
): AsyncGenerator<Iterable<ImportEntry>> {
  let block: ImportEntry[] = [];
  for await (const { change, at, text, behind } of entriesIn(await input.plain(signal), input.label)) {
    signal.throwIfAborted();
    if (!tables.has(change.table)) continue;
    const line = { number: lines - behind, offset: at, end: at + Buffer.byteLength(text) + 1, text };
    block.push({ line, table: change.table, change: broughtBack(change) });
    if (block.length < BLOCK) continue;
    yield block;
    block = [];
  }
  yield block;
}
