import { isUtf8 } from 'node:buffer';
import { MqdynError } from '../domain/errors.ts';
import { readGivenFile } from './text.ts';

const HINT = 'A list has one client id a line and nothing else.';

/**
 * Client ids of a file, one a line; empty lines are none. Whatever cannot be a plain list is refused: an id that is read with
 * something around it would match no client.
 */
export async function readClientList(path: string): Promise<Set<string>> {
  const bytes = await readGivenFile(path);
  if (!isUtf8(bytes) || bytes.includes(0)) throw new MqdynError('E_INPUT', `${path} is not text in UTF-8`, { hint: HINT });
  const clients = new Set<string>();
  for (const [index, text] of bytes
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const clientid = text.replace(/\r$/, '');
    if (clientid === '') continue;
    const fault = faultOf(clientid);
    if (fault !== undefined) throw new MqdynError('E_INPUT', `${path}:${index + 1}: ${fault}`, { hint: HINT });
    clients.add(clientid);
  }
  if (clients.size === 0) {
    const hint = 'Say --assume-offline if no client is online on the broker.';
    throw new MqdynError('E_INPUT', `${path} lists no client`, { hint });
  }
  return clients;
}

function faultOf(clientid: string): string | undefined {
  if (clientid.trim() !== clientid) return 'white space at the beginning or the end of a client id';
  if (clientid.startsWith('"')) return 'a client id in quotes';
  return clientid.startsWith('Client(') ? 'a line of emqx_ctl clients list, not a client id' : undefined;
}
