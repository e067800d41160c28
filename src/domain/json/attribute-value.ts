import { MqdynError } from '../errors.ts';
import type { AttributeValue, Item } from '../item.ts';
import { isAttributeType, type AttributeType } from '../records/attribute-types.ts';
import type { ExactJson } from './exact.ts';
import { decimalOf, isBase64, isInRange, MAX_DIGITS } from './scalars.ts';

/** The type that an attribute is known to have; undefined where nothing is known of it. */
export type KnownType = (attribute: string) => 'S' | 'N' | 'B' | 'SS' | undefined;

const unfit = (what: string): MqdynError => new MqdynError('E_USAGE', what);

/** Whether a JSON value is written as DynamoDB types its own: `{"N":"1"}`. */
export function looksTyped(json: ExactJson): boolean {
  return typedMember(json) !== undefined;
}

function typedMember(json: ExactJson): { type: AttributeType; inner: ExactJson } | undefined {
  if (!('members' in json) || json.members.size !== 1) return undefined;
  for (const [type, inner] of json.members) if (isAttributeType(type)) return { type, inner };
  return undefined;
}

/** The value of DynamoDB's own JSON. `at` names it in messages; what is none is E_USAGE. */
export function typedValue(json: ExactJson, at: string): AttributeValue {
  const typed = typedMember(json);
  if (typed === undefined) throw unfit(`${at} is not typed: write it as {"S":"text"} or {"N":"1"}`);
  const { type, inner } = typed;
  switch (type) {
    case 'S':
      return { S: textIn(inner, at, type) };
    case 'N':
      return { N: number(textIn(inner, at, type), at) };
    case 'B':
      return { B: base64(textIn(inner, at, type), at) };
    case 'SS':
      return stringSet(inner, at);
    case 'NS':
      return { NS: setOf(inner, at, type, (text) => number(text, at)) };
    case 'BS':
      return { BS: setOf(inner, at, type, (text) => base64(text, at)) };
    case 'L':
      if (!('list' in inner)) break;
      return { L: inner.list.map((element, index) => typedValue(element, `${at}[${index}]`)) };
    case 'M':
      if (!('members' in inner)) break;
      return { M: typedItem(inner.members, `${at}.`) };
    case 'BOOL':
      if ('flag' in inner) return { BOOL: inner.flag };
      break;
    case 'NULL':
      if ('flag' in inner && inner.flag) return { NULL: true };
  }
  throw unfit(`${at}: this is no value of type ${type}`);
}

export function typedItem(members: ReadonlyMap<string, ExactJson>, at = ''): Item {
  return Object.fromEntries([...members].map(([name, json]) => [name, typedValue(json, `${at}${name}`)]));
}

/** The value of plain JSON: what the attribute is known to be, or else what the JSON itself says. A list is a list. */
export function plainValue(json: ExactJson, at: string, known: ReturnType<KnownType>): AttributeValue {
  if ('text' in json) return known === 'B' ? { B: base64(json.text, at) } : { S: json.text };
  if ('digits' in json) {
    if (known === 'S') throw unfit(`${at} is text; put ${json.digits} in quotes`);
    return { N: number(json.digits, at) };
  }
  if ('flag' in json) return { BOOL: json.flag };
  if ('nothing' in json) return { NULL: true };
  if ('members' in json) return { M: plainMap(json.members, at) };
  if (known !== 'SS') return { L: json.list.map((element, index) => plainValue(element, `${at}[${index}]`, undefined)) };
  return stringSet(json, at);
}

/** The set that a list of texts means; E_USAGE for anything else. */
export function stringSet(json: ExactJson, at: string): { SS: string[] } {
  return { SS: setOf(json, at, 'SS', (text) => text) };
}

function plainMap(members: ReadonlyMap<string, ExactJson>, at: string): Item {
  return Object.fromEntries([...members].map(([name, json]) => [name, plainValue(json, `${at}.${name}`, undefined)]));
}

/** The digits of a number that DynamoDB holds exactly; one that it would round or refuse is E_USAGE. */
export function number(text: string, at: string): string {
  const value = decimalOf(text);
  if (value === undefined) throw unfit(`${at}: "${text}" is no number`);
  const { length } = value.digits;
  if (length > MAX_DIGITS) throw unfit(`${at}: ${text} has ${length} digits; DynamoDB holds ${MAX_DIGITS}`);
  if (!isInRange(value)) throw unfit(`${at}: ${text} is beyond what DynamoDB holds (1E-130 to 9.9E+125)`);
  return text.replace(/^\+/, '');
}

function base64(text: string, at: string): string {
  if (!isBase64(text)) throw unfit(`${at} is binary; write it in base64`);
  return text;
}

function textIn(json: ExactJson, at: string, type: string): string {
  if ('text' in json) return json.text;
  throw unfit(`${at}: the value of ${type} is written in quotes`);
}

function setOf(json: ExactJson, at: string, type: string, element: (text: string) => string): string[] {
  if (!('list' in json)) throw unfit(`${at} is a set: write it as a list`);
  const elements = json.list.map((each) => element(textIn(each, at, type)));
  if (elements.length === 0) throw unfit(`${at}: DynamoDB has no empty sets; leave the attribute out`);
  if (new Set(elements).size < elements.length) throw unfit(`${at}: an element stands twice in the set`);
  return elements;
}
