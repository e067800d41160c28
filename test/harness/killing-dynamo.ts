import type { Dynamo } from '../../src/dynamo/client.ts';
import { Killed } from './stopping-dynamo.ts';

const WRITES = new Set(['PutItem', 'DeleteItem', 'UpdateItem']);

type Plan = {
  /** The write at which the process dies, the first one being 1; never where it is undefined. */
  write?: number | undefined;
  /** Dies after that write was carried out, not before. */
  after?: boolean;
  /** Runs right before each write: somebody else's work. */
  beside?: (write: number) => Promise<void>;
};

/** A connection whose process dies at its n-th write of a single item, and beside which somebody else writes. */
export function killedAt(dynamo: Dynamo, { write: fatal, after = false, beside }: Plan): Dynamo & { writes: number } {
  let dead = false;
  const counted = { writes: 0 };
  async function writing<T>(work: () => Promise<T>): Promise<T> {
    if (dead) throw new Killed();
    counted.writes += 1;
    const write = counted.writes;
    await beside?.(write);
    if (write !== fatal) return work();
    dead = true;
    if (after) await work();
    throw new Killed();
  }
  const call: Dynamo['call'] = (operation, input, signal) => {
    if (dead) throw new Killed();
    return WRITES.has(operation) ? writing(() => dynamo.call(operation, input, signal)) : dynamo.call(operation, input, signal);
  };
  // single items are written through the document client, one a call
  const use: Dynamo['use'] = (work, signal) => writing(() => dynamo.use(work, signal));
  return Object.assign(counted, { options: dynamo.options, call, use, close: () => undefined }) as unknown as Dynamo & {
    writes: number;
  };
}
