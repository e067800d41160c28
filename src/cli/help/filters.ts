import { indented, shellLine, twoColumns, type Part, type Sheet } from './layout.ts';

const OPERATORS: readonly (readonly [string, string])[] = [
  ['= <> < <= > >=', 'comparisons; == and != are taken, too'],
  ['A between B and C', 'from B to C, both included'],
  ['A in (B, C, ...)', 'A is one of the values'],
  ['and, or, not, ( )', 'put conditions together'],
];

const FUNCTIONS: readonly (readonly [string, string])[] = [
  ['attribute_exists(A)', 'the item has the attribute'],
  ['attribute_not_exists(A)', 'it does not'],
  ["attribute_type(A, 'S')", 'the type is S, N, B, SS, NS, BS, M, L, NULL or BOOL'],
  ["begins_with(A, 'text')", 'the text begins so'],
  ["contains(A, 'text')", 'the text, the set or the list holds it'],
  ['size(A)', 'bytes of a text, or elements of a set or list: size(payload) > 1024'],
];

export const FILTER_EXAMPLES: readonly string[] = [
  `mqdyn scan mqtt_msg --filter "qos > 0 and begins_with(topic, 'plant/')"`,
  `mqdyn scan mqtt_client --filter "connect_state = 0 and contains(node, '10.0.')" --count`,
  `mqdyn scan mqtt_retain --filter "size(payload) > 1024 or attribute_not_exists(msgid)"`,
];

/** What --filter takes: operators, functions, values and examples. */
export function filterParts(sheet: Sheet): Part[] {
  const values =
    'Text stands in quotes, single or double; numbers, true, false and null stand bare. A name without quotes is an ' +
    'attribute; `an odd name` stands in backquotes, and a.b[0] looks inside of one. A filter saves output, not read units.';
  return [
    { heading: 'FILTER OPERATORS', lines: twoColumns(OPERATORS, sheet) },
    { heading: 'FILTER FUNCTIONS', lines: twoColumns(FUNCTIONS, sheet) },
    { heading: 'FILTER VALUES', lines: indented(values, sheet) },
    { heading: 'FILTER EXAMPLES', lines: FILTER_EXAMPLES.flatMap((line) => shellLine(line, sheet)) },
  ];
}
