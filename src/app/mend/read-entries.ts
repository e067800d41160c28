import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import { MqdynError } from '../../domain/errors.ts';
import { readItemLine, type ItemLine, type Wanted } from '../../domain/json/item-line.ts';
import { findInput, readInput } from '../../files/input.ts';

/** What is to be put: whole items, and ids that go back into a topic's set. `at` says where it stands in the input. */
export type Entry = Extract<ItemLine, { kind: 'item' | 'ids' }> & { at: string };

/** `other`: how many changes of a journal are none of this table, or cannot be taken back by a put. */
export type Entries = { entries: readonly Entry[]; other: number };

/** Items of 400 KB, typed and escaped, or a whole document of --json. */
const MAX_RECORD = 256 << 20;

/** The items of an argument. */
export function entriesIn(text: string, wanted: Wanted): Entries {
  return collected([{ lines: readItemLine(text, wanted), at: 'ITEM' }]);
}

/**
 * The items of stdin: one on a line, or JSON documents one after the other. All of it is read, and wrong in nothing, before the
 * first item is returned. What a journal changed last comes first.
 */
export async function entriesOf(stdin: Readable, wanted: Wanted): Promise<Entries> {
  const input = await findInput('-');
  const found: { lines: ItemLine[]; at: string }[] = [];
  for await (const lines of readInput(input, { stdin, maxLine: MAX_RECORD }).records) {
    for (const { bytes, number } of lines) {
      const at = `stdin:${number}`;
      if (bytes.length === 0) continue;
      if (!isUtf8(bytes)) throw new MqdynError('E_INPUT', `${at}: the line is not UTF-8`);
      found.push({ lines: linesIn(bytes.toString('utf8'), wanted, at), at });
    }
  }
  return collected(found);
}

function linesIn(text: string, wanted: Wanted, at: string): ItemLine[] {
  try {
    return readItemLine(text, wanted);
  } catch (error) {
    if (!(error instanceof MqdynError)) throw error;
    const { message, detail, hint } = error;
    throw new MqdynError('E_INPUT', `${at}: ${message}`, {
      detail,
      cause: error,
      hint: hint === 'See --help.' ? 'Nothing was written.' : hint,
    });
  }
}

function collected(found: readonly { lines: readonly ItemLine[]; at: string }[]): Entries {
  const all = found.flatMap(({ lines, at }) => lines.map((line) => ({ ...line, at })));
  const entries = all.filter((entry): entry is Entry => entry.kind === 'item' || entry.kind === 'ids');
  const other = all.filter(({ kind }) => kind === 'other').length;
  return { entries: all.some(({ kind }) => kind === 'head') ? entries.toReversed() : entries, other };
}
