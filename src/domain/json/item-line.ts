import { MqdynError, usageAt } from '../errors.ts';
import type { Item } from '../item.ts';
import { looksTyped, plainValue, typedItem, type KnownType } from './attribute-value.ts';
import { readExactJson, type ExactJson } from './exact.ts';

type Members = ReadonlyMap<string, ExactJson>;

/** What a line of input comes to. `lists` are attributes of plain JSON that may have been meant as sets. */
export type ItemLine =
  | { kind: 'item'; item: Item; lists: readonly string[] }
  | { kind: 'ids'; topic: string; ids: readonly string[] }
  /** The line that begins a journal. */
  | { kind: 'head' }
  /** A change of another table, or one that only `rewind` takes back. */
  | { kind: 'other' };

/** Of which table items are wanted, under the name that journals give it, and what is known of its attributes. */
export type Wanted = { table: string; known: KnownType };

/**
 * An item, or several, in any form in which the program itself writes them: plain JSON, DynamoDB's own JSON, a line of its export
 * (`{"Item":...}`), a line of a journal, or the whole document of `--json`. Anything else is E_USAGE with the place under a caret.
 */
export function readItemLine(text: string, wanted: Wanted): ItemLine[] {
  const read = readExactJson(text);
  if ('fault' in read) throw usageAt(read.fault, text, read.at);
  const { json } = read;
  if (!('members' in json)) throw usageAt('an item is a JSON object: {"name":value}', text, 0);
  const { members } = json;
  const items = members.get('items');
  if (items !== undefined && 'list' in items && members.has('count')) {
    return items.list.map((each) => itemOf(each, wanted));
  }
  return [lineOf(members, wanted)];
}

function lineOf(members: Members, wanted: Wanted): ItemLine {
  const version = members.get('journal');
  if (version !== undefined && 'digits' in version) return { kind: 'head' };
  const table = members.get('table');
  const isChange = ['Item', 'After', 'taken', 'added'].some((name) => members.has(name));
  if (isChange && table !== undefined && 'text' in table) return changeOf(table.text, members, wanted);
  return itemOf({ members }, wanted);
}

/** What brings back what a change of a journal took away. */
function changeOf(table: string, members: Members, wanted: Wanted): ItemLine {
  const [item, topic, taken] = ['Item', 'topic', 'taken'].map((name) => members.get(name));
  if (table !== wanted.table) return { kind: 'other' };
  if (item !== undefined && 'members' in item) return { kind: 'item', item: typedItem(item.members), lists: [] };
  if (topic === undefined || !('text' in topic) || taken === undefined || !('list' in taken)) return { kind: 'other' };
  return { kind: 'ids', topic: topic.text, ids: taken.list.flatMap((id) => ('text' in id ? [id.text] : [])) };
}

function itemOf(json: ExactJson, { known }: Wanted): ItemLine {
  if (!('members' in json)) throw new MqdynError('E_USAGE', 'an item is a JSON object: {"name":value}');
  const { members } = json;
  const exported = members.get('Item');
  if (members.size === 1 && exported !== undefined && 'members' in exported && isTyped(exported.members)) {
    return { kind: 'item', item: typedItem(exported.members), lists: [] };
  }
  if (members.size === 0) throw new MqdynError('E_USAGE', 'the item has no attributes');
  if (isTyped(members)) return { kind: 'item', item: typedItem(members), lists: [] };
  const typed = [...members].find(([, value]) => looksTyped(value));
  if (typed !== undefined) {
    throw new MqdynError('E_USAGE', `${typed[0]} looks typed and other attributes do not: type all of them, or none`, {
      hint: `A map of that name in plain JSON is written {"${typed[0]}":{"M":{...}}}, with every other attribute typed too.`,
    });
  }
  const item = Object.fromEntries([...members].map(([name, value]) => [name, plainValue(value, name, known(name))]));
  return { kind: 'item', item, lists: [...members].flatMap(([name, value]) => (mayBeSet(value, known(name)) ? [name] : [])) };
}

function isTyped(members: Members): boolean {
  return members.size > 0 && [...members.values()].every(looksTyped);
}

/** A list of texts or of numbers alone, each once, is how a set is written in plain JSON too. */
function mayBeSet(json: ExactJson, known: ReturnType<KnownType>): boolean {
  if (known !== undefined || !('list' in json) || json.list.length === 0) return false;
  return json.list.every((element) => 'text' in element) || json.list.every((element) => 'digits' in element);
}
