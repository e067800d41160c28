import type { AttributeValue } from '../item.ts';
import type { Token } from './tokens.ts';

/** What stands on a side of a comparison, and where. */
export type Operand = { at: number } & (
  | { kind: 'path'; text: string; attribute: string; single: boolean }
  | { kind: 'size'; text: string }
  | { kind: 'value'; value: AttributeValue }
  | { kind: 'time'; micros: bigint }
);

const CONSTANTS: ReadonlyMap<string, AttributeValue> = new Map([
  ['true', { BOOL: true }],
  ['false', { BOOL: false }],
  ['null', { NULL: true }],
]);

export function isText(operand: Operand): operand is Operand & { kind: 'value'; value: { S: string } } {
  return operand.kind === 'value' && 'S' in operand.value;
}

/** The value of a literal; undefined where a token is none. */
export function valueOf(token: Token): AttributeValue | undefined {
  if (token.kind === 'string') return { S: token.text };
  if (token.kind === 'number') return { N: token.text };
  return isWord(token) ? CONSTANTS.get(token.text.toLowerCase()) : undefined;
}

/** A word without quotes. */
export function isWord({ kind, quoted }: Token): boolean {
  return kind === 'name' && quoted === undefined;
}
