import type { AttributeValue, Item } from '../item.ts';
import { ATTRIBUTES, isBackendTable } from '../records/tables.ts';

const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/;

/**
 * Plain JSON text of a typed value: numbers with every digit, sets as sorted lists, binary as base64, members of maps in
 * order. Written straight from the typed form, because a JavaScript number would round.
 */
export function plainJson(value: AttributeValue): string {
  if ('S' in value) return JSON.stringify(value.S);
  if ('N' in value) return numberJson(value.N);
  if ('SS' in value) return listJson(value.SS.toSorted(), (element) => JSON.stringify(element));
  if ('NS' in value) return listJson(value.NS.toSorted(byNumber), numberJson);
  if ('BS' in value) return listJson(value.BS.toSorted(), (element) => JSON.stringify(element));
  if ('L' in value) return listJson(value.L, plainJson);
  if ('M' in value) return itemJson(value.M, [], plainJson);
  if ('BOOL' in value) return value.BOOL ? 'true' : 'false';
  if ('B' in value) return JSON.stringify(value.B);
  return 'null';
}

/** The typed form of a value, its attributes in order. */
export function typedJson(value: AttributeValue): string {
  if ('S' in value) return `{"S":${JSON.stringify(value.S)}}`;
  if ('N' in value) return `{"N":"${value.N}"}`;
  if ('SS' in value) return JSON.stringify({ SS: value.SS.toSorted() });
  if ('NS' in value) return JSON.stringify({ NS: value.NS.toSorted(byNumber) });
  if ('BS' in value) return JSON.stringify({ BS: value.BS.toSorted() });
  if ('M' in value) return `{"M":${itemJson(value.M, [], typedJson)}}`;
  if ('L' in value) return `{"L":${listJson(value.L, typedJson)}}`;
  return JSON.stringify(value);
}

/** A JSON object of an item: the attributes in `order` first, the others by name. */
export function itemJson(item: Item, order: readonly string[], write: (value: AttributeValue) => string): string {
  let text = '{';
  let written = 0;
  for (const name of order) {
    const value = Object.hasOwn(item, name) ? item[name] : undefined;
    if (value === undefined) continue;
    text += `${written === 0 ? '' : ','}${JSON.stringify(name)}:${write(value)}`;
    written += 1;
  }
  const names = Object.keys(item);
  if (names.length > written) {
    for (const name of names.filter((other) => !order.includes(other)).sort()) {
      const value = item[name];
      if (value === undefined) continue;
      text += `${written === 0 ? '' : ','}${JSON.stringify(name)}:${write(value)}`;
      written += 1;
    }
  }
  return `${text}}`;
}

/** A line of DynamoDB's own export and import files, without its line end. */
export function exportLine(table: string, item: Item): string {
  return `{"Item":${itemJson(item, isBackendTable(table) ? ATTRIBUTES[table] : [], typedJson)}}`;
}

/** Digits as JSON; text that DynamoDB would never send as a number stays a string. */
function numberJson(digits: string): string {
  return JSON_NUMBER.test(digits) ? digits : JSON.stringify(digits);
}

function listJson<T>(elements: readonly T[], write: (element: T) => string): string {
  return `[${elements.map(write).join(',')}]`;
}

/** By value; numbers that a double cannot tell apart by their digits. */
function byNumber(a: string, b: string): number {
  return Number(a) - Number(b) || byDigits(a, b);
}

function byDigits(a: string, b: string): number {
  const [wholeA = '', partA = ''] = a.replace('-', '').split('.');
  const [wholeB = '', partB = ''] = b.replace('-', '').split('.');
  const [x, y] = wholeA.length === wholeB.length ? [wholeA + partA, wholeB + partB] : [wholeA.length, wholeB.length];
  if (x === y) return 0;
  return (x < y ? -1 : 1) * (a.startsWith('-') ? -1 : 1);
}
