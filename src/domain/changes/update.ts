import { MqdynError } from '../errors.ts';
import { attributeOf, type AttributeValue, type Item } from '../item.ts';
import { looksTyped, number, plainValue, stringSet, typedValue, type KnownType } from '../json/attribute-value.ts';
import { readExactJson, type ExactJson } from '../json/exact.ts';
import { isNumber } from '../json/scalars.ts';
import { typeOf } from '../records/attribute-types.ts';

/** A set in DynamoDB's own JSON. */
export type SetValue = { SS: string[] } | { NS: string[] } | { BS: string[] };

type SetParts = { type: 'SS' | 'NS' | 'BS'; elements: readonly string[] };

/** What an update does with single attributes; no attribute stands twice. */
export type Update = {
  set: ReadonlyMap<string, AttributeValue>;
  remove: ReadonlySet<string>;
  add: ReadonlyMap<string, SetValue>;
  take: ReadonlyMap<string, SetValue>;
};

/** The words of the command line: `NAME=VALUE`, and `NAME` for what is removed. */
export type UpdateWords = Readonly<Record<'set' | 'remove' | 'add' | 'take', readonly string[]>>;

/** What is known of the table: the types of its attributes, and the names of its key, which never change. */
export type UpdatedTable = { known: KnownType; keys: readonly string[] };

/** Reads the words of an update; E_USAGE for what cannot be meant. */
export function parseUpdate(words: UpdateWords, table: UpdatedTable): Update {
  const set = new Map(words.set.map((word) => assigned(word, '--set', (name, text) => valueOf(name, text, table.known(name)))));
  const remove = new Set(words.remove);
  const add = setsOf(words.add, '--add', table.known);
  const take = setsOf(words.take, '--take', table.known);
  const names = [...words.set.map(nameOf), ...words.remove, ...add.keys(), ...take.keys()];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new MqdynError('E_USAGE', `${twice} is changed twice; name it once`);
  const key = names.find((name) => table.keys.includes(name));
  if (key !== undefined) {
    throw new MqdynError('E_USAGE', `${key} is the key of the item and cannot be changed`, {
      hint: 'Put the item under its new key, then delete the old one.',
    });
  }
  if (names.length === 0) throw new MqdynError('E_USAGE', 'name what to change by --set, --remove, --add or --take');
  return { set, remove, add, take };
}

/** The item after an update, as DynamoDB would make it. E_USAGE where an attribute that is there is no set of the same type. */
export function updated(before: Item, update: Update): Item {
  const after = { ...before };
  for (const [name, value] of update.set) put(after, name, value);
  for (const name of update.remove) delete after[name];
  for (const [name, value] of update.add)
    put(
      after,
      name,
      joined(name, before, value, (old, more) => [...old, ...more]),
    );
  for (const [name, value] of update.take) {
    const rest = joined(name, before, value, (old, less) => old.filter((element) => !less.includes(element)));
    // there are no empty sets
    if (setParts(rest).elements.length === 0) delete after[name];
    else put(after, name, rest);
  }
  return after;
}

/** The names of the attributes that an update touches. */
export function touched({ set, remove, add, take }: Update): string[] {
  return [...set.keys(), ...remove, ...add.keys(), ...take.keys()];
}

/** An attribute may be called `__proto__`. */
function put(item: Item, name: string, value: AttributeValue): void {
  Object.defineProperty(item, name, { value, enumerable: true, configurable: true, writable: true });
}

function joined(
  name: string,
  before: Item,
  value: SetValue,
  join: (old: readonly string[], others: readonly string[]) => string[],
): SetValue {
  const { type, elements } = setParts(value);
  const old = attributeOf(before, name) ?? setOfType(type, []);
  const own = isSet(old) ? setParts(old) : undefined;
  if (own?.type !== type) {
    const is = typeOf(old);
    throw new MqdynError(
      'E_USAGE',
      `${name} is of type ${is} here; --add and --take change sets, and this one would be ${type}`,
      {
        hint:
          is === 'N'
            ? 'Adding to a number is refused, because it cannot be repeated safely: --set it, with --if.'
            : 'See --help.',
      },
    );
  }
  return setOfType(type, [...new Set(join(own.elements, elements))]);
}

function isSet(value: AttributeValue): value is SetValue {
  return 'SS' in value || 'NS' in value || 'BS' in value;
}

function setParts(value: SetValue): SetParts {
  if ('SS' in value) return { type: 'SS', elements: value.SS };
  return 'NS' in value ? { type: 'NS', elements: value.NS } : { type: 'BS', elements: value.BS };
}

function setOfType(type: SetParts['type'], elements: string[]): SetValue {
  if (type === 'SS') return { SS: elements };
  return type === 'NS' ? { NS: elements } : { BS: elements };
}

function nameOf(word: string): string {
  return word.slice(0, word.indexOf('='));
}

function assigned<T>(word: string, flag: string, read: (name: string, text: string) => T): [string, T] {
  const at = word.indexOf('=');
  if (at < 1) throw new MqdynError('E_USAGE', `${flag} ${word}: write NAME=VALUE`);
  return [word.slice(0, at), read(word.slice(0, at), word.slice(at + 1))];
}

/** The sets that are added or taken away; several words for one attribute are one set. */
function setsOf(words: readonly string[], flag: string, known: KnownType): Map<string, SetValue> {
  const sets = new Map<string, SetValue>();
  for (const word of words) {
    const [name, value] = assigned(word, flag, (attribute, text) => setValue(attribute, text, flag, known(attribute)));
    const before = sets.get(name);
    sets.set(name, before === undefined ? value : joined(name, { [name]: before }, value, (old, more) => [...old, ...more]));
  }
  return sets;
}

/** A value as it was typed: typed JSON is what it says; else what the attribute is known to be; else a JSON literal, or text. */
function valueOf(name: string, text: string, known: ReturnType<KnownType>): AttributeValue {
  const json = jsonIn(text);
  if (json !== undefined && looksTyped(json)) return typedValue(json, name);
  if (known === 'S') return { S: text };
  if (known === 'N') return { N: number(text, name) };
  if (known === 'SS' && json === undefined) {
    throw new MqdynError('E_USAGE', `${name} is a set: write it as a JSON list, or change single elements by --add and --take`);
  }
  return json === undefined ? { S: text } : plainValue(json, name, known);
}

function setValue(name: string, text: string, flag: string, known: ReturnType<KnownType>): SetValue {
  const json = jsonIn(text);
  const value = json !== undefined && looksTyped(json) ? typedValue(json, name) : undefined;
  if (value !== undefined && isSet(value)) return value;
  if ((value !== undefined && 'N' in value) || (known === undefined && isNumber(text)) || known === 'N') {
    throw new MqdynError('E_USAGE', `${flag} ${name}: a number cannot be added to, because that cannot be repeated safely`, {
      hint: `Change it by --set, with --if; elements of a set are written {"NS":["1"]} or {"SS":["1"]}.`,
    });
  }
  if (known !== undefined && known !== 'SS') {
    throw new MqdynError('E_USAGE', `${flag} ${name}: it is no set; change it by --set`);
  }
  if (json !== undefined && 'list' in json) return stringSet(json, name);
  if (value !== undefined && !('S' in value)) throw new MqdynError('E_USAGE', `${flag} ${name}: write an element as text`);
  if (value !== undefined) return { SS: [value.S] };
  return { SS: [json !== undefined && 'text' in json ? json.text : text] };
}

/** JSON that cannot have been meant as text. */
function jsonIn(text: string): ExactJson | undefined {
  if (!/^(?:[[{"]|-?\d|true$|false$|null$)/.test(text)) return undefined;
  const read = readExactJson(text);
  return 'json' in read ? read.json : undefined;
}
