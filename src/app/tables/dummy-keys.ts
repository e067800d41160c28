import type { Dynamo } from '../../dynamo/client.ts';
import { DUMMY_KEYS_HIDE } from '../../dynamo/errors.ts';

/** Where none of the tables was found, those of other keys may be there all the same. */
export function noteDummyKeys(dynamo: Dynamo, found: boolean, notice: (sentence: string) => void): void {
  if (!found && dynamo.options.dummyKeys) notice(`note: ${DUMMY_KEYS_HIDE}`);
}
