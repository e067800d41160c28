/** Where a pool's DynamoDB listens. */
export type Server = { scheme: 'http' | 'https'; host: string; port: number };

const SERVER = /^(https?):\/\/(\[[0-9A-Fa-f:.]+\]|[^/:?#@[\]\s]+)(?::(\d+))?(?:[/?#].*)?$/i;

/**
 * Takes a `server` apart; its path is ignored, as by the backend. The port must be written: the broker looks it up and does
 * not know the one of the scheme. The fault completes a sentence and repeats nothing of the value.
 * Source: emqx_backend_dynamo.schema 4.3.5.
 */
export function parseServer(value: string): Server | { fault: string } {
  const match = SERVER.exec(value);
  if (!match) return { fault: 'must be http://HOST:PORT or https://HOST:PORT' };
  const [, protocol = '', host = '', digits] = match;
  const scheme = protocol.toLowerCase() === 'https' ? 'https' : 'http';
  if (digits === undefined) {
    return { fault: `names no port, and the broker needs one: write :${scheme === 'https' ? 443 : 8000} after the host` };
  }
  const port = Number(digits);
  return port >= 1 && port <= 65_535 ? { scheme, host, port } : { fault: 'has a port outside 1 to 65535' };
}

/**
 * The region that the backend's client signs with: the second part of a host name of four or more parts (for
 * `127.0.0.1` that is `0`), else the configured one. Source: emqx_backend_dynamo.schema 4.3.5, `region`.
 */
export function signingRegion(host: string, configured: string): string {
  const [, second, , fourth] = host.split('.');
  return second === undefined || fourth === undefined ? configured : second;
}
