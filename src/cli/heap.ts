import { setFlagsFromString } from 'node:v8';

/** From this release on the young part of the heap may grow to 96 MB, three times what it was. */
const LARGE_YOUNG_HEAP = 22;

/**
 * Lets the heap grow in smaller steps. On a machine with much memory V8 waits until the heap is four times what is alive in
 * it; a long run shall stay small instead, for some more processor time. `growth` is in percent of what is alive.
 */
export function keepHeapSmall(growth: number): void {
  setFlagsFromString(`--heap-growing-percent=${growth}`);
  if (Number.parseInt(process.versions.node) >= LARGE_YOUNG_HEAP) setFlagsFromString('--semi-space-growth-factor=1');
}
