import { MqdynError } from '../errors.ts';
import { keyInWords, knownOwner, sameKeys, type KeyElement } from './definition.ts';

type Keyed = { TableName: string; KeySchema: readonly KeyElement[] };

/** A table of that name with other keys belongs to something else; it is never touched. `who` wants the keys, in words. */
export function refuseOtherKeys(live: Keyed, want: readonly KeyElement[], who: string): void {
  if (sameKeys(want, live.KeySchema)) return;
  const owner = knownOwner(live.KeySchema);
  const whose = owner === undefined ? '' : ` (that is ${owner})`;
  throw new MqdynError(
    'E_SCHEMA_CONFLICT',
    `${live.TableName} has key ${keyInWords(live.KeySchema)}${whose}, ${who} ${keyInWords(want)}`,
  );
}
