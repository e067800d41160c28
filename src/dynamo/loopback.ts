import { lookup } from 'node:dns/promises';
import { isLoopbackAddress } from '../domain/loopback-address.ts';

/** 127.0.0.0/8, ::1, or `localhost` where it resolves to nothing else. */
export async function isLoopback(host: string): Promise<boolean> {
  if (host !== 'localhost') return isLoopbackAddress(host);
  const addresses = await lookup(host, { all: true }).catch(() => []);
  return addresses.length > 0 && addresses.every(({ address }) => isLoopbackAddress(address));
}
