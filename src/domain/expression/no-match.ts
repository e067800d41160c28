import type { AttributeValue, Item } from '../item.ts';

/** An attribute that a filter compares, and what with. */
export type Compared = {
  attribute: string;
  value?: AttributeValue;
  /** True for a word without quotes in the place of a value, which may have been meant as text. */
  bare?: boolean;
};

/** Why a filter may have matched nothing, from items that were read without it. */
export function noMatchHints(compared: readonly Compared[], sample: readonly Item[]): string[] {
  if (sample.length === 0) return [];
  const hints = compared.map((each) => hintFor(each, sample)).filter((hint) => hint !== undefined);
  return [...new Set(hints)];
}

function hintFor({ attribute, value, bare }: Compared, sample: readonly Item[]): string | undefined {
  const values = sample.map((item) => (Object.hasOwn(item, attribute) ? item[attribute] : undefined));
  const present = values.filter((each) => each !== undefined);
  if (present.length === 0) {
    const meant = bare === true ? `; if it is text, put it in quotes: '${attribute}'` : '';
    const where =
      sample.length === 1 ? 'the item that was looked at has' : `none of ${sample.length} items that were looked at has`;
    return `${where} ${sample.length === 1 ? 'no' : 'an'} attribute ${attribute}${meant}`;
  }
  if (value === undefined) return undefined;
  if ('S' in value && present.every((each) => 'N' in each)) {
    return `${attribute} holds numbers, and '${value.S}' is text${/^[-+]?\d/.test(value.S) ? ': leave out the quotes' : ''}`;
  }
  if ('N' in value && present.every((each) => 'S' in each)) return `${attribute} holds text: put ${value.N} in quotes`;
  return undefined;
}
