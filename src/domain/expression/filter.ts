import { usageAt, type MqdynError } from '../errors.ts';
import { momentFromNow, momentOf, timeCondition } from './moments.ts';
import { isText, isWord, valueOf, type Operand } from './operand.ts';
import type { Compared } from './no-match.ts';
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

/** How a time is written, for messages. */
const DATES = "'2026-10-25', '2026-10-25 08:30:00Z' or now - 30d";

/** DynamoDB itself takes 300 operators; without an end the stack would run out. */
const MAX_DEPTH = 300;

/** The same comparison with its sides exchanged. */
const FLIPPED: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

export type FilterOptions = {
  /** What `now` stands for, in Unix milliseconds. */
  now: number;
  /** Attributes that hold times in any unit: what they are compared with is a date. */
  times: ReadonlySet<string>;
  /** The flag that the expression is the value of, for messages. */
  flag: '--filter' | '--if';
};

/** DynamoDB's filter expression, and what is compared with what in it. */
export type Filter = { expression: string; compared: readonly Compared[] };

/**
 * Turns a filter written plainly, such as `qos > 0 and begins_with(topic, 'plant/')`, into DynamoDB's filter expression.
 * Names and values go into `placeholders`. A fault is a usage error with a caret under its place.
 */
export function parseFilter(text: string, placeholders: Placeholders, options: FilterOptions): Filter {
  return new FilterParser(text, placeholders, options).parse();
}

class FilterParser {
  private readonly text: string;
  private readonly placeholders: Placeholders;
  private readonly options: FilterOptions;
  private readonly tokens: readonly Token[];
  private readonly compared: Compared[] = [];
  private at = 0;
  private depth = 0;

  constructor(text: string, placeholders: Placeholders, options: FilterOptions) {
    this.text = text;
    this.placeholders = placeholders;
    this.options = options;
    this.tokens = tokenize(options.flag, text);
  }

  parse(): Filter {
    const expression = this.either();
    if (this.peek.kind !== 'end') throw this.expected('and, or or the end');
    return { expression, compared: this.compared };
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
    if (this.depth > MAX_DEPTH)
      throw usageAt(`${this.options.flag}: nested deeper than ${MAX_DEPTH} levels`, this.text, this.peek.at);
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
    const first = this.path();
    const rest: Operand[] = [];
    for (let index = 1; index < count; index += 1) {
      this.need(',');
      rest.push(this.operand());
    }
    this.need(')');
    const [second] = rest;
    if (second !== undefined && (name === 'begins_with' || name === 'contains')) this.note(first, second);
    return `${name}(${[first, ...rest].map((operand) => this.textOf(operand)).join(', ')})`;
  }

  private comparison(): string {
    const left = this.operand();
    const comparison = this.peek.kind === 'symbol' ? COMPARISONS[this.peek.text] : undefined;
    if (comparison !== undefined) {
      this.at += 1;
      return this.compare(left, comparison, this.operand());
    }
    if (this.word('between')) {
      const low = this.operand();
      if (!this.word('and')) throw this.expected('and');
      const high = this.operand();
      if (this.isTimed(left, low) || this.isTimed(left, high)) {
        return `(${this.compare(left, '>=', low)} AND ${this.compare(left, '<=', high)})`;
      }
      for (const bound of [low, high]) this.note(left, bound);
      return `${this.textOf(left)} BETWEEN ${this.textOf(low)} AND ${this.textOf(high)}`;
    }
    if (this.word('in')) {
      const list = this.list();
      if (list.some((each) => this.isTimed(left, each))) {
        return `(${list.map((each) => this.compare(left, '=', each)).join(' OR ')})`;
      }
      for (const each of list) this.note(left, each);
      return `${this.textOf(left)} IN (${list.map((each) => this.textOf(each)).join(', ')})`;
    }
    throw this.expected('a comparison such as =, <, between or in');
  }

  private compare(left: Operand, comparison: string, right: Operand): string {
    if (!this.isTimed(left, right)) {
      this.note(left, right);
      this.note(right, left);
      return `${this.textOf(left)} ${comparison} ${this.textOf(right)}`;
    }
    const [attribute, moment, wanted] =
      right.kind === 'path' ? [right, left, FLIPPED[comparison] ?? comparison] : [left, right, comparison];
    if (attribute.kind !== 'path')
      throw usageAt(`${this.options.flag}: a time is compared with an attribute`, this.text, attribute.at);
    this.compared.push({ attribute: attribute.attribute });
    return timeCondition(attribute.text, wanted, this.microsOf(moment), this.placeholders);
  }

  /** True where a date is compared: `now`, or text beside an attribute that holds a time. */
  private isTimed(one: Operand, other: Operand): boolean {
    const { times } = this.options;
    const isDate = (operand: Operand, beside: Operand) =>
      operand.kind === 'time' || (isText(operand) && beside.kind === 'path' && beside.single && times.has(beside.attribute));
    return isDate(one, other) || isDate(other, one);
  }

  private microsOf(operand: Operand): bigint {
    if (operand.kind === 'time') return operand.micros;
    const micros = isText(operand) ? momentOf(operand.value.S) : undefined;
    if (micros === undefined) throw usageAt(`${this.options.flag}: not a date; write ${DATES}`, this.text, operand.at);
    return micros;
  }

  /** Keeps what an attribute is compared with, for when nothing matches. */
  private note(operand: Operand, other: Operand): void {
    if (operand.kind !== 'path') return;
    const { attribute } = operand;
    if (other.kind === 'value') this.compared.push({ attribute, value: other.value });
    // in `a = b` the second name is the one that may have been meant as text
    else this.compared.push({ attribute, bare: other.kind === 'path' && operand.at > other.at });
  }

  private textOf(operand: Operand): string {
    if (operand.kind === 'time')
      throw usageAt(`${this.options.flag}: a time is compared with an attribute`, this.text, operand.at);
    return operand.kind === 'value' ? this.placeholders.value(operand.value) : operand.text;
  }

  private list(): Operand[] {
    this.need('(');
    const values = [this.operand()];
    while (this.symbol(',')) values.push(this.operand());
    this.need(')');
    return values;
  }

  private operand(): Operand {
    const token = this.peek;
    const { at } = token;
    const value = valueOf(token);
    if (value !== undefined) {
      this.at += 1;
      return { kind: 'value', value, at };
    }
    if (token.kind === 'now') {
      this.at += 1;
      return { kind: 'time', micros: momentFromNow(token.text, this.options.now), at };
    }
    if (this.called() === 'size') {
      this.at += 2;
      const { text } = this.path();
      this.need(')');
      return { kind: 'size', text: `size(${text})`, at };
    }
    return this.path();
  }

  /** An attribute, or an element inside of one: `a.b[0]`. */
  private path(): Operand & { kind: 'path' } {
    const { at, text: attribute } = this.peek;
    let text = this.name();
    for (let single = true; ; single = false) {
      if (this.symbol('.')) text += `.${this.name()}`;
      else if (this.symbol('[')) {
        if (!/^\d+$/.test(this.peek.text)) throw this.expected('the number of a list element');
        text += `[${this.next().text}]`;
        this.need(']');
      } else return { kind: 'path', text, attribute, single, at };
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
    return this.tokenAt(this.at);
  }

  private next(): Token {
    this.at += 1;
    return this.tokenAt(this.at - 1);
  }

  /** The last token says that the text ends, and nothing goes beyond it. */
  private tokenAt(at: number): Token {
    const token = this.tokens[at];
    if (token === undefined) throw new Error(`there is no token ${at}`);
    return token;
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
    return usageAt(`${this.options.flag}: expected ${what}, found ${kind === 'string' ? `'${text}'` : text}`, this.text, at);
  }
}
