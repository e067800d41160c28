import { MqdynError } from '../domain/errors.ts';

export type Errno = NodeJS.ErrnoException & { code: string };

export function isErrno(error: unknown): error is Errno {
  // ours has a code too, and is the better explanation
  return error instanceof Error && !(error instanceof MqdynError) && typeof (error as NodeJS.ErrnoException).code === 'string';
}

/** A file that cannot be read is a wrong input (exit 4). */
export function readFault(path: string, error: unknown): unknown {
  if (!isErrno(error)) return error;
  const what = error.code === 'EISDIR' ? 'is a directory, not a file' : `cannot be read (${error.code})`;
  return new MqdynError('E_INPUT', `${path} ${what}`, { cause: error });
}

/** A file that cannot be written whole is exit 8. */
export function writeFault(what: string, path: string, error: unknown): unknown {
  if (!isErrno(error)) return error;
  return new MqdynError('E_OUTPUT', `cannot write ${what} ${path} (${error.code})`, { cause: error });
}
