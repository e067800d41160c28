import { Buffer, isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import { MqdynError } from '../../domain/errors.ts';
import { readExactJson } from '../../domain/json/exact.ts';
import { readItemLine, type ItemLine, type Wanted } from '../../domain/json/item-line.ts';
import { DocumentSplitter } from '../../files/documents.ts';
import { findInput, readInput } from '../../files/input.ts';
import type { Line } from '../../files/lines.ts';

/** What is to be put: whole items, and ids that go back into a topic's set. `at` says where it stands in the input. */
export type Entry = Extract<ItemLine, { kind: 'item' | 'ids' }> & { at: string };

/** `other`: how many changes of a journal are none of this table, or cannot be taken back by a put. */
export type Entries = { entries: readonly Entry[]; other: number };

/** Items of 400 KB, typed and escaped, or a whole document of --json. */
const MAX_RECORD = 256 << 20;

/** How the document of --json begins. */
const LISTING = '{"items":[';

/** The items of an argument. */
export function entriesIn(text: string, wanted: Wanted): Entries {
  return collected([{ lines: readItemLine(text, wanted), at: 'ITEM' }]);
}

/**
 * The items of stdin: one on a line, or JSON documents one after the other. All of it is read, and wrong in nothing, before the
 * first item is returned. What a journal changed last comes first.
 */
export async function entriesOf(stdin: Readable, wanted: Wanted): Promise<Entries> {
  const lines: Line[] = [];
  for await (const some of readInput(await findInput('-'), { stdin, maxLine: MAX_RECORD, framing: 'lines' }).records) {
    lines.push(...some.filter(({ bytes }) => bytes.length > 0));
  }
  const records = lines[0] !== undefined && isWhole(lines[0].bytes) ? lines : documentsIn(lines);
  return collected(
    records.map(({ bytes, number }) => {
      const at = `stdin:${number}`;
      if (!isUtf8(bytes)) throw new MqdynError('E_INPUT', `${at}: the line is not UTF-8`);
      return { lines: linesIn(bytes.toString('utf8'), wanted, at), at };
    }),
  );
}

function isWhole(bytes: Buffer): boolean {
  return 'json' in readExactJson(bytes.toString('utf8'));
}

/** The document that --json writes is one; its items begin lines of their own, at which any other document would be cut. */
function documentsIn(lines: readonly Line[]): readonly Pick<Line, 'bytes' | 'number'>[] {
  const text = Buffer.from(lines.map(({ bytes }) => `${bytes.toString('latin1')}\n`).join(''), 'latin1');
  const number = lines[0]?.number ?? 1;
  if (text.toString('utf8', 0, LISTING.length) === LISTING) return [{ bytes: text, number }];
  const splitter = new DocumentSplitter(MAX_RECORD, { offset: 0, number });
  const documents = splitter.push(text);
  const last = splitter.end();
  return last === undefined ? documents : [...documents, last];
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
