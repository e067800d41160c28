import { usageAt, type MqdynError } from '../errors.ts';
import type { AttributeValue } from '../item.ts';
import type { Placeholders } from './placeholders.ts';
import { tokenize, type Token } from './tokens.ts';

const COMPARISONS: Readonly<Record<string, string>> = {
  '=': '=',
  '==': '=',
  '<>': '<>',
  '!=': '<>',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};

/** Boolean functions with the number of their arguments. */
const FUNCTIONS: ReadonlyMap<string, number> = new Map([
  ['attribute_exists', 1],
  ['attribute_not_exists', 1],
  ['attribute_type', 2],
  ['begins_with', 2],
  ['contains', 2],
]);

const CONSTANTS: ReadonlyMap<string, AttributeValue> = new Map([
  ['true', { BOOL: true }],
  ['false', { BOOL: false }],
  ['null', { NULL: true }],
]);

/** DynamoDB itself takes 300 operators; without an end the parser would run out of stack. */
const MAX_DEPTH = 300;

/**
 * Turns a filter written plainly, such as `qos > 0 and begins_with(topic, 'plant/')`, into DynamoDB's filter expression.
 * Names and values go into `placeholders`. A fault is a usage error with a caret under its place.
 */
export function parseFilter(text: string, placeholders: Placeholders): string {
  return new FilterParser(text, placeholders).parse();
}

class FilterParser {
  private readonly text: string;
  private readonly placeholders: Placeholders;
  private readonly tokens: readonly Token[];
  private at = 0;
  private depth = 0;

  constructor(text: string, placeholders: Placeholders) {
    this.text = text;
    this.placeholders = placeholders;
    this.tokens = tokenize('--filter', text);
  }

  parse(): string {
    const expression = this.either();
    if (this.peek.kind !== 'end') throw this.expected('and, or or the end');
    return expression;
  }

  private either(): string {
    let left = this.both();
    while (this.word('or')) left = `${left} OR ${this.both()}`;
    return left;
  }

  private both(): string {
    let left = this.negation();
    while (this.word('and')) left = `${left} AND ${this.negation()}`;
    return left;
  }

  private negation(): string {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) throw usageAt(`--filter: nested deeper than ${MAX_DEPTH} levels`, this.text, this.peek.at);
    const condition = this.word('not') ? `NOT ${this.negation()}` : this.condition();
    this.depth -= 1;
    return condition;
  }

  private condition(): string {
    if (this.symbol('(')) {
      const inner = this.either();
      this.need(')');
      return `(${inner})`;
    }
    const name = this.called();
    return name === undefined || name === 'size' ? this.comparison() : this.call(name);
  }

  private call(name: string): string {
    const count = FUNCTIONS.get(name);
    if (count === undefined) throw this.expected(`one of ${[...FUNCTIONS.keys()].join(', ')}, size`);
    this.at += 2;
    const parts = [this.path()];
    for (let index = 1; index < count; index += 1) {
      this.need(',');
      parts.push(this.operand());
    }
    this.need(')');
    return `${name}(${parts.join(', ')})`;
  }

  private comparison(): string {
    const left = this.operand();
    const comparison = this.peek.kind === 'symbol' ? COMPARISONS[this.peek.text] : undefined;
    if (comparison !== undefined) {
      this.at += 1;
      return `${left} ${comparison} ${this.operand()}`;
    }
    if (this.word('between')) {
      const low = this.operand();
      if (!this.word('and')) throw this.expected('and');
      return `${left} BETWEEN ${low} AND ${this.operand()}`;
    }
    if (this.word('in')) return `${left} IN (${this.list().join(', ')})`;
    throw this.expected('a comparison such as =, <, between or in');
  }

  private list(): string[] {
    this.need('(');
    const values = [this.operand()];
    while (this.symbol(',')) values.push(this.operand());
    this.need(')');
    return values;
  }

  private operand(): string {
    const token = this.peek;
    if (token.kind === 'string' || token.kind === 'number') {
      this.at += 1;
      return this.placeholders.value(token.kind === 'string' ? { S: token.text } : { N: token.text });
    }
    if (this.called() === 'size') {
      this.at += 2;
      const path = this.path();
      this.need(')');
      return `size(${path})`;
    }
    const constant = isWord(token) ? CONSTANTS.get(token.text.toLowerCase()) : undefined;
    if (constant !== undefined) {
      this.at += 1;
      return this.placeholders.value(constant);
    }
    return this.path();
  }

  /** An attribute, or an element inside of one: `a.b[0]`. */
  private path(): string {
    let path = this.name();
    for (;;) {
      if (this.symbol('.')) path += `.${this.name()}`;
      else if (this.symbol('[')) {
        if (!/^\d+$/.test(this.peek.text)) throw this.expected('the number of a list element');
        path += `[${this.next().text}]`;
        this.need(']');
      } else return path;
    }
  }

  private name(): string {
    if (this.peek.kind !== 'name') throw this.expected('an attribute or a value');
    return this.placeholders.name(this.next().text);
  }

  /** The name of a function when the next tokens are a name and an opening parenthesis. */
  private called(): string | undefined {
    const open = this.tokens[this.at + 1];
    return isWord(this.peek) && open?.kind === 'symbol' && open.text === '(' ? this.peek.text.toLowerCase() : undefined;
  }

  private get peek(): Token {
    return this.tokens[this.at]!;
  }

  private next(): Token {
    this.at += 1;
    return this.tokens[this.at - 1]!;
  }

  private word(word: string): boolean {
    const found = isWord(this.peek) && this.peek.text.toLowerCase() === word;
    if (found) this.at += 1;
    return found;
  }

  private symbol(symbol: string): boolean {
    const found = this.peek.kind === 'symbol' && this.peek.text === symbol;
    if (found) this.at += 1;
    return found;
  }

  private need(symbol: string): void {
    if (!this.symbol(symbol)) throw this.expected(symbol);
  }

  private expected(what: string): MqdynError {
    const { kind, text, at } = this.peek;
    return usageAt(`--filter: expected ${what}, found ${kind === 'string' ? `'${text}'` : text}`, this.text, at);
  }
}

function isWord({ kind, quoted }: Token): boolean {
  return kind === 'name' && quoted === undefined;
}
