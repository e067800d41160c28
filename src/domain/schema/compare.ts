import type { TableDefinition } from './definition.ts';
import { factsOf, type Fact } from './facts.ts';

export type Change = 'create' | 'in-place' | 'recreate';

/** One thing in which a live table is not what its schema file says. `null` stands for nothing there. */
export type Difference = { table: string; path: string; want: Fact; have: Fact; change: Change };

/** The capacity of an index; its first group is the path of the index. Names of indexes may hold dots. */
export const CAPACITY_OF_INDEX =
  /^(GlobalSecondaryIndexes\..+)\.(?:ProvisionedThroughput\.(?:Read|Write)CapacityUnits|OnDemandThroughput\.Max(?:Read|Write)RequestUnits)$/;

/** The difference of a table that does not exist. */
export function missingTable(want: TableDefinition): Difference {
  return { table: want.TableName, path: 'TableName', want: want.TableName, have: null, change: 'create' };
}

/**
 * Everything in which a live table, given as its complete definition, differs from the wanted one. A member that the wanted
 * definition does not name is not ruled by it; lists that it names are ruled whole.
 */
export function compareTable(want: TableDefinition, have: TableDefinition): Difference[] {
  const wanted = factsOf(want);
  const live = factsOf(have);
  const differences: Difference[] = [];
  const add = (path: string, to: Fact, from: Fact) => {
    differences.push({ table: want.TableName, path, want: to, have: from, change: changeOf(path, to, from) });
  };
  for (const [path, fact] of wanted) {
    const now = live.get(path) ?? null;
    if (isPartOfMissing(path, live) || sameFact(path, fact, now)) continue;
    // an index without units of its own pays none, or its engine does not count them
    if (now === null && CAPACITY_OF_INDEX.test(path) && path.includes('.ProvisionedThroughput.')) continue;
    // a type can only be seen from both sides; an attribute of a new index comes with the index
    if (path.startsWith('AttributeDefinitions.') && now === null) continue;
    add(path, fact, now);
  }
  for (const [path, now] of live) if (!wanted.has(path) && isRuled(path, want)) add(path, null, now);
  return differences;
}

/** Whether a thing that only the live side has is against the definition: indexes always, tags where the file names them. */
function isRuled(path: string, want: TableDefinition): boolean {
  if (path.startsWith('Tags.')) return want.Tags !== undefined;
  return /^(Global|Local)SecondaryIndexes\./.test(path) && !CAPACITY_OF_INDEX.test(path);
}

/** True for the capacity of an index that the other side does not have: the index itself is the difference. */
function isPartOfMissing(path: string, other: ReadonlyMap<string, Fact>): boolean {
  const [, index] = CAPACITY_OF_INDEX.exec(path) ?? [];
  return index !== undefined && !other.has(index);
}

/** Whether two facts of a path mean the same. */
export function sameFact(path: string, want: Fact, have: Fact): boolean {
  if (want === have) return true;
  if (path === 'SSESpecification.KMSMasterKeyId') return sameKey(want, have);
  // where an engine tells no period, it has the longest one
  return path.endsWith('.RecoveryPeriodInDays') && want === 35 && have === null;
}

/** A key goes by its ARN, its id or an alias; which key an alias means only KMS knows, so it is never a difference. */
function sameKey(want: Fact, have: Fact): boolean {
  if (typeof want !== 'string' || typeof have !== 'string') return false;
  return /(?:^|:)alias\//.test(want) || have.endsWith(`:key/${want}`);
}

function changeOf(path: string, want: Fact, have: Fact): Change {
  if (path === 'KeySchema' || path.startsWith('AttributeDefinitions.') || path.startsWith('LocalSecondaryIndexes.')) {
    return 'recreate';
  }
  if (!path.startsWith('GlobalSecondaryIndexes.') || typeof (want ?? have) !== 'string') return 'in-place';
  if (have === null) return 'create';
  // DynamoDB changes neither keys nor projection of an index that exists
  return want === null ? 'in-place' : 'recreate';
}
