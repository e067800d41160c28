import type { IndexInput, KeyElement, TableDefinition } from './definition.ts';
import type { Path, Report } from '../json/shape.ts';
import { isObject } from '../json/object.ts';

/**
 * What DynamoDB asks of a table beyond the shape of its members. Works on a file that may be broken elsewhere: what is no
 * list or has no name was reported by the shape already and is passed over.
 */
export function checkRules(table: Partial<TableDefinition>, report: Report): void {
  const onDemand = table.BillingMode === 'PAY_PER_REQUEST';
  const used = checkKeys(table, report);
  checkDefinitions(table, used, report);
  checkCapacity(table, onDemand, report);
  checkIndexes(table, report);
  checkSettings(table, report);
}

type Named = { path: Path; index: Partial<IndexInput>; local: boolean };

function indexesOf(table: Partial<TableDefinition>): Named[] {
  return (['GlobalSecondaryIndexes', 'LocalSecondaryIndexes'] as const).flatMap((kind) =>
    list(table[kind]).map((index, at) => ({ path: [kind, at], index: object(index), local: kind === 'LocalSecondaryIndexes' })),
  );
}

/** Checks every key schema; gives the attributes that any of them uses. */
function checkKeys(table: Partial<TableDefinition>, report: Report): ReadonlySet<string> {
  const defined = Array.isArray(table.AttributeDefinitions)
    ? new Set(table.AttributeDefinitions.map((element) => object(element).AttributeName))
    : undefined;
  const used = new Set<string>();
  const keys: [Path, readonly KeyElement[] | undefined][] = [[['KeySchema'], table.KeySchema]];
  for (const { path, index } of indexesOf(table)) keys.push([[...path, 'KeySchema'], index.KeySchema]);
  for (const [path, value] of keys) {
    const elements = list(value);
    for (const [at, element] of elements.entries()) {
      const name = object(element).AttributeName;
      if (typeof name !== 'string') continue;
      used.add(name);
      if (defined && !defined.has(name)) report([...path, at, 'AttributeName'], `${name} is not in AttributeDefinitions`);
    }
    checkKeyOrder(elements, path, report);
  }
  return used;
}

function checkKeyOrder(elements: readonly KeyElement[], path: Path, report: Report): void {
  const types = elements.map((element) => object(element).KeyType);
  if (elements.length > 2) report(path, 'a key has at most two attributes');
  else if (types[0] === 'RANGE') report([...path, 0], 'the HASH attribute comes first');
  else if (types.length === 2 && types[1] === 'HASH') report([...path, 1], 'two HASH attributes; the second must be RANGE');
  const [hash, other] = elements.map((element) => object(element).AttributeName);
  if (typeof hash === 'string' && hash === other) report([...path, 1], `${hash} is already the HASH attribute`);
}

function checkDefinitions(table: Partial<TableDefinition>, used: ReadonlySet<string>, report: Report): void {
  const seen = new Set<string>();
  for (const [at, element] of list(table.AttributeDefinitions).entries()) {
    const name = object(element).AttributeName;
    if (typeof name !== 'string') continue;
    if (seen.has(name)) report(['AttributeDefinitions', at], `${name} is defined twice`);
    else if (!used.has(name)) report(['AttributeDefinitions'], `${name} is defined but no key uses it`);
    seen.add(name);
  }
}

function checkCapacity(table: Partial<TableDefinition>, onDemand: boolean, report: Report): void {
  if (!onDemand && table.ProvisionedThroughput === undefined) {
    report([], 'ProvisionedThroughput is missing (or BillingMode PAY_PER_REQUEST)');
  }
  const owners: [Path, { ProvisionedThroughput?: unknown; OnDemandThroughput?: unknown }, boolean][] = [[[], table, false]];
  for (const { path, index, local } of indexesOf(table)) if (!local) owners.push([path, index, true]);
  for (const [path, owner, isIndex] of owners) {
    const { ProvisionedThroughput: provisioned, OnDemandThroughput: limits } = owner;
    if (onDemand && provisioned !== undefined) {
      report([...path, 'ProvisionedThroughput'], 'is allowed with BillingMode PROVISIONED only');
    }
    if (!onDemand && limits !== undefined) {
      report([...path, 'OnDemandThroughput'], 'is allowed with BillingMode PAY_PER_REQUEST only');
    }
    if (isIndex && !onDemand && provisioned === undefined) report(path, 'ProvisionedThroughput is missing');
    for (const [name, units] of Object.entries(isObject(limits) ? limits : {})) {
      if (units === 0) report([...path, 'OnDemandThroughput', name], 'must be a whole number from 1, or -1 for no limit');
    }
  }
}

function checkIndexes(table: Partial<TableDefinition>, report: Report): void {
  const names = new Set<string>();
  const [hash, range] = list(table.KeySchema).map((element) => object(element).AttributeName);
  for (const { path, index, local } of indexesOf(table)) {
    const { IndexName: name } = index;
    if (typeof name === 'string') {
      if (names.has(name)) report([...path, 'IndexName'], `${name} is the name of another index`);
      names.add(name);
    }
    const { ProjectionType: type, NonKeyAttributes: others } = object(index.Projection);
    if (type === 'INCLUDE' && others === undefined) report([...path, 'Projection'], 'INCLUDE needs NonKeyAttributes');
    if (type !== 'INCLUDE' && others !== undefined) {
      report([...path, 'Projection', 'NonKeyAttributes'], 'is allowed with ProjectionType INCLUDE only');
    }
    if (!local) continue;
    const key = list(index.KeySchema).map((element) => object(element).AttributeName);
    if (range === undefined) report(path, 'a table without a RANGE attribute has no local secondary indexes');
    else if (key.length !== 2 || key[0] !== hash) report([...path, 'KeySchema'], `must be ${hash} HASH and another RANGE`);
  }
}

function checkSettings(table: Partial<TableDefinition>, report: Report): void {
  const ttl = object(table.TimeToLiveSpecification);
  if (ttl.Enabled === true && ttl.AttributeName === undefined) {
    report(['TimeToLiveSpecification'], 'AttributeName is missing');
  }
  const stream = object(table.StreamSpecification);
  if (stream.StreamEnabled === true && stream.StreamViewType === undefined) {
    report(['StreamSpecification'], 'StreamViewType is missing');
  }
  if (stream.StreamEnabled === false && stream.StreamViewType !== undefined) {
    report(['StreamSpecification', 'StreamViewType'], 'is allowed with StreamEnabled true only');
  }
  const recovery = object(table.PointInTimeRecoverySpecification);
  if (recovery.PointInTimeRecoveryEnabled === false && recovery.RecoveryPeriodInDays !== undefined) {
    report(['PointInTimeRecoverySpecification', 'RecoveryPeriodInDays'], 'is allowed with PointInTimeRecoveryEnabled true only');
  }
  const { Enabled: encrypted, ...key } = object(table.SSESpecification);
  for (const name of Object.keys(key)) {
    if (encrypted === false) report(['SSESpecification', name], 'is allowed with Enabled true only');
  }
  const tags = new Set<string>();
  for (const [at, tag] of list(table.Tags).entries()) {
    const { Key: name } = object(tag);
    if (typeof name === 'string' && tags.has(name)) report(['Tags', at], `${name} appears twice`);
    else if (typeof name === 'string') tags.add(name);
  }
}

function list<T>(value: readonly T[] | undefined): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [];
}

/** A value as an object with any of its members; an empty one where it is none. */
function object<T>(value: T | undefined): Partial<T> {
  return typeof value === 'object' && value !== null ? value : {};
}
