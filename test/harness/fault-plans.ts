import { isWrite, type Fault, type FaultPlan } from './fault-proxy.ts';

/** The same fault on every write after the first so many, up to and including the one with the number `until`. */
export function writesFrom(first: number, fault: Fault, until = Infinity): FaultPlan {
  let writes = 0;
  return ({ operation }) => {
    if (!isWrite(operation)) return undefined;
    writes += 1;
    return writes > first && writes <= until ? fault : undefined;
  };
}
