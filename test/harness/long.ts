/** Tests that take gigabytes or minutes run only when MQDYN_TEST_LONG is set. */
export const LONG = Boolean(process.env['MQDYN_TEST_LONG']);
