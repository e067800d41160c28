import { didYouMean } from '../suggest.ts';
import type { CreateTableInput, KeyElement } from './definition.ts';
import { readDocument, type Document, type Fault } from './syntax.ts';

const TABLE_NAME = /^[A-Za-z0-9_.-]{3,255}$/;
const ATTRIBUTE_TYPES = ['S', 'N', 'B'];
const KEY_TYPES = ['HASH', 'RANGE'];
const BILLING_MODES = ['PROVISIONED', 'PAY_PER_REQUEST'];
const PROJECTIONS = ['ALL', 'KEYS_ONLY', 'INCLUDE'];
const MEMBERS = [
  'TableName',
  'KeySchema',
  'AttributeDefinitions',
  'BillingMode',
  'ProvisionedThroughput',
  'GlobalSecondaryIndexes',
  'LocalSecondaryIndexes',
];

type Path = readonly (string | number)[];

/**
 * Reads a schema file in CreateTable's form. Every fault is reported at once, each with its line and column; a definition
 * comes back only when there is none.
 */
export function parseSchema(text: string): { definition: CreateTableInput } | { faults: Fault[] } {
  const read = readDocument(text);
  if ('fault' in read) return { faults: [read.fault] };
  const checker = new Checker(read.document);
  checker.table();
  return checker.faults.length === 0 ? { definition: read.document.value as CreateTableInput } : { faults: checker.faults };
}

class Checker {
  readonly faults: Fault[] = [];
  private readonly document: Document;
  private readonly used = new Set<string>();

  constructor(document: Document) {
    this.document = document;
  }

  table(): void {
    const table = this.document.value as Record<string, unknown>;
    for (const name of Object.keys(table)) {
      if (!MEMBERS.includes(name)) this.fault([name], `unknown member.${didYouMean(name, MEMBERS)}`);
    }
    const name = table['TableName'];
    if (typeof name !== 'string' || !TABLE_NAME.test(name)) {
      this.fault(['TableName'], 'must be 3 to 255 characters of A-Z a-z 0-9 _ . -');
    }
    const defined = this.definitions(table['AttributeDefinitions']);
    this.keySchema(table['KeySchema'], ['KeySchema'], defined);
    this.capacity(table);
    for (const kind of ['GlobalSecondaryIndexes', 'LocalSecondaryIndexes']) this.indexes(table[kind], kind, defined);
    for (const attribute of defined ?? []) {
      if (!this.used.has(attribute)) this.fault(['AttributeDefinitions'], `${attribute} is defined but no key uses it`);
    }
  }

  /** Names of the defined attributes; undefined when the list itself is broken, so that no other fault follows from it. */
  private definitions(value: unknown): ReadonlySet<string> | undefined {
    const path: Path = ['AttributeDefinitions'];
    const list = this.list(value, path);
    if (list === undefined) return undefined;
    const names = new Set<string>();
    for (const [index, element] of list.entries()) {
      const { AttributeName: name, AttributeType: type } = object(element);
      if (typeof name !== 'string' || name === '') this.fault([...path, index], 'AttributeName must be a text');
      else if (names.has(name)) this.fault([...path, index], `${name} is defined twice`);
      else names.add(name);
      this.oneOf(type, ATTRIBUTE_TYPES, [...path, index, 'AttributeType']);
    }
    return names;
  }

  private keySchema(value: unknown, path: Path, defined: ReadonlySet<string> | undefined): void {
    const list = this.list(value, path);
    if (list === undefined) return;
    const types = list.map((element) => object(element)['KeyType']);
    for (const [index, element] of list.entries()) {
      const { AttributeName: name } = object(element) as Partial<KeyElement>;
      this.oneOf(types[index], KEY_TYPES, [...path, index, 'KeyType']);
      if (typeof name !== 'string') this.fault([...path, index], 'AttributeName must be a text');
      else if (defined && !defined.has(name))
        this.fault([...path, index, 'AttributeName'], `${name} is not in AttributeDefinitions`);
      else this.used.add(name);
    }
    if (list.length > 2) this.fault(path, 'a key has at most two attributes');
    else if (types[0] === 'RANGE') this.fault([...path, 0], 'the HASH attribute comes first');
    else if (types.length === 2 && types[1] === 'HASH') this.fault([...path, 1], 'two HASH attributes; the second must be RANGE');
    const [hash, range] = list.map((element) => object(element)['AttributeName']);
    if (typeof hash === 'string' && hash === range) this.fault([...path, 1], `${hash} is the HASH attribute already`);
  }

  private capacity(table: Record<string, unknown>): void {
    const { BillingMode: mode, ProvisionedThroughput: throughput } = table;
    if (mode !== undefined) this.oneOf(mode, BILLING_MODES, ['BillingMode']);
    if (throughput !== undefined) this.throughput(throughput, ['ProvisionedThroughput']);
    else if (mode !== 'PAY_PER_REQUEST') this.fault([], 'ProvisionedThroughput is missing (or BillingMode PAY_PER_REQUEST)');
  }

  private throughput(value: unknown, path: Path): void {
    for (const name of ['ReadCapacityUnits', 'WriteCapacityUnits']) {
      const units = object(value)[name];
      if (!Number.isInteger(units) || (units as number) < 1) this.fault([...path, name], 'must be a whole number from 1');
    }
  }

  private indexes(value: unknown, kind: string, defined: ReadonlySet<string> | undefined): void {
    if (value === undefined) return;
    for (const [position, element] of (this.list(value, [kind]) ?? []).entries()) {
      const path: Path = [kind, position];
      const index = object(element);
      if (typeof index['IndexName'] !== 'string' || !TABLE_NAME.test(index['IndexName'])) {
        this.fault([...path, 'IndexName'], 'must be 3 to 255 characters of A-Z a-z 0-9 _ . -');
      }
      this.keySchema(index['KeySchema'], [...path, 'KeySchema'], defined);
      this.oneOf(object(index['Projection'])['ProjectionType'], PROJECTIONS, [...path, 'Projection', 'ProjectionType']);
      if (index['ProvisionedThroughput'] !== undefined)
        this.throughput(index['ProvisionedThroughput'], [...path, 'ProvisionedThroughput']);
    }
  }

  private list(value: unknown, path: Path): unknown[] | undefined {
    if (Array.isArray(value) && value.length > 0) return value;
    this.fault(path, value === undefined ? 'is missing' : 'must be a list with at least one element');
    return undefined;
  }

  private oneOf(value: unknown, allowed: readonly string[], path: Path): void {
    if (!allowed.includes(value as string)) this.fault(path, `must be ${allowed.join(' or ')}`);
  }

  private fault(path: Path, message: string): void {
    const words = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
    this.faults.push({ ...this.document.placeOf(path), path: `$${words}`, message });
  }
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
