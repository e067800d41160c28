import { keyOf, type KeyPart } from '../../../domain/export/keys.ts';
import { idBytes, idsWrite } from '../../../domain/hooks/ids-write.ts';
import type { BatchWrite, IdChange, Write } from '../../../domain/hooks/write.ts';
import { merged, type ImportChange } from '../../../domain/import/change.ts';
import { noCounts, type TableCounts } from '../../../domain/import/counts.ts';
import { importKeyText } from '../../../domain/import/key-text.ts';
import { itemBytes, s, writeUnits } from '../../../domain/item.ts';
import type { Refusal } from '../../../dynamo/writer.ts';
import type { RejectedLine } from '../../../files/rejects.ts';
import type { ImportEntry } from './source.ts';

/** How much a window may hold. */
export type WindowBounds = { lines: number; bytes: number };

/** Bytes of lines: what is parsed of them takes several times as much. */
const BOUNDS: WindowBounds = { lines: 2_048, bytes: 4 << 20 };

/** So many lines of part number `part` are behind a place, and all of the parts before it. */
export type Place = { part: number; lines: number };

export type WindowOptions = {
  keys: ReadonlyMap<string, readonly KeyPart[]>;
  merge: boolean;
  bounds?: WindowBounds | undefined;
};

/** What is to be written is not held here: what is through can be freed while the rest of the window is still on its way. */
type Taken = Pick<ImportEntry, 'line' | 'table'> & {
  part: string;
  bytes: number;
  units: number;
  outcome: 'applied' | 'superseded' | 'skipped' | 'rejected';
};
type IdsOfTopic = { topic: string; log: IdChange[] };
type Waiting = { write: BatchWrite<string>; taken: Taken } | IdsOfTopic;

/** Lines that are sent together, folded by key, and what becomes of each of them. */
export class ImportWindow {
  /** What is behind the last line. */
  end: Place;
  private readonly options: WindowOptions;
  private readonly bounds: WindowBounds;
  private readonly taken: Taken[] = [];
  /** What waits for each key, by table. */
  private readonly waiting = new Map<string, Map<string, Waiting>>();
  /** Of each number that a write goes by, the line that it belongs to. */
  private readonly events: Taken[] = [];
  private bytes = 0;

  constructor(end: Place, options: WindowOptions) {
    this.end = end;
    this.options = options;
    this.bounds = options.bounds ?? BOUNDS;
  }

  get isEmpty(): boolean {
    return this.taken.length === 0;
  }

  /** The table of its last line, for a person who waits. */
  get lastTable(): string {
    return this.taken.at(-1)?.table ?? '';
  }

  get isFull(): boolean {
    return this.taken.length >= this.bounds.lines || this.bytes >= this.bounds.bytes;
  }

  /** Takes a line in. False where it has to wait for another window: whole items and single ids of one key do not fold. */
  add(entry: ImportEntry, part: string): boolean {
    const change = this.options.merge ? merged(entry.table, entry.change) : entry.change;
    const keys = this.options.keys.get(entry.table) ?? [];
    const waiting = this.waiting.get(entry.table) ?? new Map<string, Waiting>();
    const text = keyTextOf(change, keys);
    const before = text === undefined ? undefined : waiting.get(text);
    if (before !== undefined && 'log' in before !== (change.kind === 'add-ids')) return false;
    const { line, table } = entry;
    const taken: Taken = { line, table, part, ...costOf(change), outcome: text === undefined ? 'skipped' : 'applied' };
    this.taken.push(taken);
    this.bytes += entry.line.end - entry.line.offset;
    if (text === undefined) return true;
    this.waiting.set(entry.table, waiting);
    if (change.kind === 'add-ids') {
      const ids = before !== undefined && 'log' in before ? before : { topic: change.topic, log: [] };
      for (const id of change.ids) ids.log.push({ id, change: 'add', event: this.events.push(taken) - 1 });
      waiting.set(text, ids);
    } else if (change.kind !== 'skip') {
      if (before !== undefined && 'taken' in before) before.taken.outcome = 'superseded';
      waiting.set(text, { write: writeOf(entry.table, change, keys, taken.bytes, this.events.push(taken) - 1), taken });
    }
    return true;
  }

  /** Hands over what is to be sent, in the order of its parts: the ids of topics come behind the messages that they name. */
  takeWrites(): Write<string>[][] {
    const items: Write<string>[] = [];
    const maps: Write<string>[] = [];
    for (const [table, waiting] of this.waiting) {
      const writes = table === 'mqtt_topic_msg_map' ? maps : items;
      for (const each of waiting.values()) {
        writes.push('write' in each ? each.write : idsWrite('mqtt_topic_msg_map', { topic: s(each.topic) }, each.log));
      }
    }
    this.waiting.clear();
    return [items, maps].filter((writes) => writes.length > 0);
  }

  /** What is not applied because DynamoDB refuses it. */
  settle(refusals: readonly Refusal<string>[]): RejectedLine[] {
    const refused = new Map<Taken, Refusal<string>>();
    for (const refusal of refusals) {
      for (const event of refusal.events) {
        const taken = this.events[event];
        if (taken !== undefined) refused.set(taken, refusal);
      }
    }
    return this.taken.flatMap((taken) => {
      const refusal = refused.get(taken);
      if (refusal === undefined) return [];
      taken.outcome = 'rejected';
      const { number, offset, end, text = '' } = taken.line;
      const { reason, detail } = refusal;
      return {
        input: taken.part,
        line: { number, offset, end, bytes: Buffer.from(text) },
        reject: { reason, detail },
        table: taken.table,
      };
    });
  }

  /** What became of its lines, by table. */
  get counts(): TableCounts[] {
    const counts = new Map<string, TableCounts>();
    for (const { table, outcome, bytes, units } of this.taken) {
      const own = counts.get(table) ?? noCounts(table);
      counts.set(table, own);
      own.read += 1;
      own[outcome] += 1;
      if (outcome !== 'applied') continue;
      own.bytes += bytes;
      own.writeUnits += units;
    }
    return [...counts.values()];
  }
}

/** Undefined where nothing is to be written. */
function keyTextOf(change: ImportChange, keys: readonly KeyPart[]): string | undefined {
  if (change.kind === 'put') return importKeyText(change.item, keys);
  if (change.kind === 'delete') return importKeyText(change.key, keys);
  return change.kind === 'add-ids' && change.ids.length > 0 ? change.topic : undefined;
}

function costOf(change: ImportChange): { bytes: number; units: number } {
  if (change.kind === 'skip') return { bytes: 0, units: 0 };
  const bytes = change.kind === 'put' ? itemBytes(change.item) : change.kind === 'add-ids' ? idBytes(change.ids) : 0;
  return { bytes, units: writeUnits(bytes) };
}

function writeOf(
  table: string,
  change: Extract<ImportChange, { kind: 'put' | 'delete' }>,
  keys: readonly KeyPart[],
  bytes: number,
  event: number,
): BatchWrite<string> {
  const events = [event];
  if (change.kind === 'delete') return { kind: 'delete', table, key: change.key, bytes: itemBytes(change.key), events };
  return { kind: 'put', table, key: keyOf(change.item, keys), item: change.item, bytes, events };
}
