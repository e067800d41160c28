import { MqdynError } from '../domain/errors.ts';
import type { StepOperation } from '../domain/schema/plan.ts';
import type { Dynamo } from './client.ts';
import { ServiceError } from './errors.ts';

/** No table has this name: dots and a tilde of its own, so that a question can never change anything. */
const NOWHERE = 'mqdyn.asks.what.you.know';

const UNKNOWN_ANSWER = 'unknown';
const UNKNOWN_OPERATION = 'UnknownOperationException';

/** For every member one value that whoever knows the member must refuse. */
const WRONG: Readonly<Record<string, unknown>> = {
  BillingMode: {},
  DeletionProtectionEnabled: 'x',
  GlobalSecondaryIndexUpdates: 'x',
  OnDemandThroughput: 'x',
  SSESpecification: 'x',
  StreamSpecification: 'x',
  TableClass: {},
  Tags: 'x',
};

/**
 * Which of the members an endpoint does not know. It is asked about a table that does not exist, with a value of the wrong
 * kind: who knows the member complains about the value, who does not answers as if it were not there. Nothing is changed.
 */
export async function unknownMembers(
  dynamo: Dynamo,
  operation: 'CreateTable' | 'UpdateTable',
  members: readonly string[],
): Promise<string[]> {
  const asked = members.filter((member) => Object.hasOwn(WRONG, member));
  if (asked.length === 0 || isAws(dynamo) || dynamo.options.readOnly !== undefined) return [];
  const plain = await answer(dynamo, operation, { TableName: NOWHERE });
  const answers = await Promise.all(
    asked.map((member) => answer(dynamo, operation, { TableName: NOWHERE, [member]: WRONG[member] })),
  );
  return asked.filter((_, index) => answers[index] === plain && plain !== UNKNOWN_ANSWER);
}

/** Whether an endpoint knows an operation at all; asked with an input that it must refuse. */
export async function knowsOperation(dynamo: Dynamo, operation: StepOperation): Promise<boolean> {
  if (isAws(dynamo) || dynamo.options.readOnly !== undefined) return true;
  return (await answer(dynamo, operation, { TableName: NOWHERE })) !== UNKNOWN_OPERATION;
}

/** Refuses an operation that an endpoint does not know, with the way that works there. */
export async function requireOperation(dynamo: Dynamo, operation: string, instead: string): Promise<void> {
  if (isAws(dynamo)) return;
  if ((await answer(dynamo, operation, { TableName: NOWHERE })) !== UNKNOWN_OPERATION) return;
  throw new MqdynError('E_UNSUPPORTED', `${dynamo.options.label} has no ${operation}: it is a job of AWS itself`, {
    hint: instead,
  });
}

/** AWS itself knows everything, and a question there would only need a permission. */
function isAws({ options: { endpoint } }: Dynamo): boolean {
  return endpoint === undefined || /\.amazonaws\.com(?:\.cn)?(?::\d+)?(?:\/|$)/.test(endpoint);
}

/** Errors that say nothing about what the endpoint knows. */
const NO_ANSWER = new Set(['E_ENDPOINT', 'E_TIMEOUT', 'E_THROTTLED', 'E_TLS', 'E_CREDENTIALS', 'E_DENIED', 'E_CLOCK']);

/** The error of a call: its name, and what the service said with it. */
async function answer(dynamo: Dynamo, operation: string, input: object): Promise<string> {
  try {
    await dynamo.probe(operation, input);
    return 'no error';
  } catch (error) {
    if (!(error instanceof ServiceError) || NO_ANSWER.has(error.code)) throw error;
    // an endpoint that stumbles over the question: the call itself decides
    if (error.code === 'E_PROTOCOL' || error.code === 'E_SERVICE') return UNKNOWN_ANSWER;
    return error.service === UNKNOWN_OPERATION ? error.service : `${error.service}: ${error.serviceMessage}`;
  }
}
