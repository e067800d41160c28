import { MqdynError } from '../../domain/errors.ts';

/** Who may write but not describe tables can do without the preflight. */
export function explainPreflight(error: unknown): never {
  if (!(error instanceof MqdynError) || error.code !== 'E_DENIED') throw error;
  const hint = 'Ask for the permission, or use --no-preflight, which does not check that the tables exist and stay the same.';
  throw new MqdynError(error.code, error.message, { hint, cause: error });
}

/** What was written to a table before is gone with it. */
export function lostTable(what: string, cause?: unknown): MqdynError {
  return new MqdynError('E_MISMATCH', what, { hint: 'What was written before is lost. Start over without --resume.', cause });
}
