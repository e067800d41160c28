import { describe, it } from 'vitest';
import { dropSuite } from './drops.ts';
import type { EngineKind } from './engine.ts';
import { mendsSuite } from './mends.ts';
import { movesSuite } from './moves.ts';
import { purgesSuite } from './purges.ts';
import { readsSuite } from './reads.ts';
import { itemsSuite } from './items.ts';
import { replaySuite } from './replays.ts';
import { tablesSuite } from './tables.ts';
import { makeWorkbench } from './workbench.ts';

/**
 * What every engine has to do for the program, in the order of a user's day. Commands run in process; what they left is read
 * back with the SDK alone.
 */
export function engineSuite(kind: EngineKind): void {
  if (kind.missing !== undefined) {
    if (process.env['MQDYN_TEST_ENGINES'] === 'all') throw new Error(`${kind.name} cannot run: ${kind.missing}`);
    console.log(`skipped: the engine suite on ${kind.name}: ${kind.missing}`);
    describe.skip(`${kind.name} (${kind.missing})`, () => it('runs the engine suite', () => undefined));
    return;
  }
  describe(kind.name, () => {
    const bench = makeWorkbench(kind);
    for (const part of [tablesSuite, readsSuite, replaySuite, itemsSuite, mendsSuite, purgesSuite, movesSuite, dropSuite])
      part(bench);
  });
}
