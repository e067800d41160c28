import { indexUpdatesOf, type Step, type StepOperation } from '../../domain/schema/plan.ts';
import type { Dynamo } from '../../dynamo/client.ts';
import { knowsOperation, unknownMembers } from '../../dynamo/features.ts';

/** A member of a table's schema file that the endpoint does not know. */
export type Unsupported = { table: string; member: string };

/** Members that a file names after the call that sets them. */
const MEMBER_OF = {
  UpdateTimeToLive: 'TimeToLiveSpecification',
  UpdateContinuousBackups: 'PointInTimeRecoverySpecification',
  TagResource: 'Tags',
  UntagResource: 'Tags',
} as const;

/** Members of CreateTable that came to DynamoDB after its first years, so that engines may lack them. */
const YOUNG = [
  'DeletionProtectionEnabled',
  'OnDemandThroughput',
  'SSESpecification',
  'StreamSpecification',
  'TableClass',
  'Tags',
];

/**
 * Fits steps to what the endpoint knows. What it does not know is taken out and named; tags that CreateTable does not take
 * become a call of their own where there is one.
 */
export async function withoutUnsupported(
  dynamo: Dynamo,
  steps: readonly Step[],
): Promise<{ steps: Step[]; unsupported: Unsupported[] }> {
  const known = memo((operation: keyof typeof MEMBER_OF) => knowsOperation(dynamo, operation));
  const unknown = {
    CreateTable: await unknownMembers(dynamo, 'CreateTable', membersOf(steps, 'CreateTable')),
    UpdateTable: await unknownMembers(dynamo, 'UpdateTable', membersOf(steps, 'UpdateTable')),
  };
  const supported: Step[] = [];
  const unsupported: Unsupported[] = [];
  for (const step of steps) {
    const { operation } = step;
    if (hasOwnCall(operation)) {
      if (await known(operation)) supported.push(step);
      else unsupported.push({ table: step.table, member: MEMBER_OF[operation] });
    } else if (step.operation === 'CreateTable') {
      const input = { ...step.input };
      supported.push({ ...step, input });
      const members: Record<string, unknown> = input;
      for (const member of unknown.CreateTable.filter((name) => Object.hasOwn(members, name) && !isDefault(members[name]))) {
        if (member === 'Tags' && (await known('TagResource'))) {
          const tags = input.Tags ?? [];
          const effects = tags.map(({ Key, Value }) => ({ path: `Tags.${Key}`, before: null, after: Value }));
          supported.push({ table: step.table, operation: 'TagResource', input: { Tags: tags }, effects });
        } else unsupported.push({ table: step.table, member });
        delete members[member];
      }
    } else {
      const missing = unsupportedMember(dynamo, step, unknown.UpdateTable);
      if (missing === undefined) supported.push(step);
      else unsupported.push({ table: step.table, member: missing });
    }
  }
  return { steps: supported, unsupported };
}

/** The unsupported members in one sentence. */
export function unsupportedInWords(dynamo: Dynamo, unsupported: readonly Unsupported[]): string {
  const members = [...new Set(unsupported.map(({ member }) => member))].map((member) => {
    const tables = unsupported.filter((one) => one.member === member).map(({ table }) => table);
    return `${member} (${[...new Set(tables)].join(', ')})`;
  });
  return `${dynamo.options.label} does not support ${members.join(', ')}`;
}

function membersOf(steps: readonly Step[], operation: 'CreateTable' | 'UpdateTable'): string[] {
  const names = steps.filter((step) => step.operation === operation).flatMap(({ input }) => Object.keys(input));
  return [...new Set(names)].filter((name) => operation === 'UpdateTable' || YOUNG.includes(name));
}

function unsupportedMember(dynamo: Dynamo, step: Step, unknown: readonly string[]): string | undefined {
  const updates = indexUpdatesOf(step);
  // the embedded engine takes such an update and forgets it
  const forgotten = dynamo.options.embedded && updates.some((update) => 'Create' in update || 'Delete' in update);
  if (forgotten) return 'GlobalSecondaryIndexes of an existing table';
  return Object.keys(step.input).find((name) => unknown.includes(name));
}

function hasOwnCall(operation: StepOperation): operation is keyof typeof MEMBER_OF {
  return operation in MEMBER_OF;
}

/** What asks for the default asks for nothing. */
function isDefault(value: unknown): boolean {
  if (value === false || value === 'STANDARD') return true;
  const { Enabled, StreamEnabled }: { Enabled?: unknown; StreamEnabled?: unknown } = Object(value);
  return Enabled === false || StreamEnabled === false;
}

function memo<K, V>(find: (key: K) => Promise<V>): (key: K) => Promise<V> {
  const found = new Map<K, Promise<V>>();
  return (key) => {
    const value = found.get(key) ?? find(key);
    found.set(key, value);
    return value;
  };
}
