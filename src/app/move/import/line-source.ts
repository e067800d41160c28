import { MqdynError } from '../../../domain/errors.ts';
import { parseItemLine } from '../../../domain/export/data-line.ts';
import { keyFault, type KeyPart } from '../../../domain/export/keys.ts';
import type { DataLine } from '../../../files/data-lines.ts';
import type { WholeInput } from '../../../files/whole-input.ts';
import type { ImportEntry, ImportSource } from './source.ts';

/** Lines of `{"Item":{...}}`, all of one table, as `scan --format ddb-json` prints them. */
export async function lineSource(input: WholeInput, tables: readonly string[]): Promise<ImportSource> {
  const [table, another] = tables;
  if (table === undefined || another !== undefined) {
    throw new MqdynError('E_USAGE', `${input.label} holds items of one table: name the table that they go into, and no other`);
  }
  return {
    name: input.name,
    tables: [{ table, schema: undefined, keys: undefined }],
    parts: [{ name: input.name, entries: (signal) => entriesOf(input, table, signal) }],
    digest: await input.digest(),
    skips: 'rows of mqtt_topic_msg_map that have no ids to add',
    verify: async ({ keys, signal, progress }) => {
      const parts = keys.get(table);
      let items = 0;
      for await (const block of linesOf(input, signal)) {
        for (const line of block) refuseLine(input, line, parts);
        progress(table, (items += block.length));
      }
      if (items === 0) throw new MqdynError('E_INPUT', `there is no item in ${input.label}`);
    },
    close: () => input.close(),
  };
}

function refuseLine(input: WholeInput, line: DataLine, parts: readonly KeyPart[] | undefined): void {
  const item = itemIn(line);
  const fault = 'fault' in item ? item.fault : parts && keyFault(item.item, parts);
  if (fault !== undefined) throw new MqdynError('E_INPUT', `${input.label}: line ${line.number} ${fault}`);
}

async function* entriesOf(input: WholeInput, table: string, signal: AbortSignal): AsyncGenerator<Iterable<ImportEntry>> {
  for await (const block of linesOf(input, signal)) yield entriesIn(block, table, input);
}

function* entriesIn(block: readonly DataLine[], table: string, { label }: WholeInput): Generator<ImportEntry> {
  for (const line of block) {
    const read = itemIn(line);
    if ('fault' in read) {
      throw new MqdynError('E_INPUT_CHANGED', `${label} was changed while it was being imported: line ${line.number}`);
    }
    yield { line, table, change: { kind: 'put', item: read.item } };
  }
}

function itemIn({ text }: DataLine) {
  return text === undefined ? { fault: 'is too long, or not UTF-8' } : parseItemLine(text);
}

/** The lines of an input. Nothing was written when damage is met: everything is read once before. */
export async function* linesOf(input: WholeInput, signal: AbortSignal): AsyncGenerator<DataLine[]> {
  try {
    yield* input.lines(signal);
  } catch (error) {
    if (!(error instanceof MqdynError) || error.code !== 'E_INPUT_DAMAGED') throw error;
    throw new MqdynError('E_INPUT', `${input.label}: its gzip stream is damaged`, { cause: error });
  }
}
