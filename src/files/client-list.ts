import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { MqdynError } from '../domain/errors.ts';
import { isErrno, readFault } from './errors.ts';

/** Client ids of a file, one a line; empty lines are none. */
export async function readClientList(path: string): Promise<Set<string>> {
  const clients = new Set<string>();
  try {
    for await (const line of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })) {
      if (line !== '') clients.add(line);
    }
  } catch (error) {
    if (isErrno(error) && error.code === 'ENOENT') throw new MqdynError('E_INPUT', `${path} does not exist`);
    throw readFault(path, error);
  }
  return clients;
}
