/**
 * The seed of all random tests. It is fixed, so that a run which passed passes again on another machine;
 * MQDYN_TEST_SEED=random takes a new one for every file, and a number the one that a failed run printed.
 */
const asked = process.env['MQDYN_TEST_SEED'] ?? '20260728';
export const SEED = asked === 'random' ? Date.now() & 0x7fff_ffff : Number(asked);
