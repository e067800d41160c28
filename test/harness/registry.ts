import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Registry = { url: string; stop(): Promise<void> };

/** A package registry on loopback that answers as `answer` says. */
export async function startRegistry(
  answer: (request: IncomingMessage, response: ServerResponse, url: string) => void,
): Promise<Registry> {
  let url = '';
  const server = createServer((request, response) => {
    // npm's cache is the developer's own
    response.setHeader('cache-control', 'no-store');
    // npm waits until all of its request was read
    request.resume().once('end', () => answer(request, response, url));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function sendJson(response: ServerResponse, document: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(document));
}

/** Serves one packed package, as npm would have published it, and leaves every other one to the registry `others`. */
export function publishedPackage(manifest: { name: string; version: string }, tarball: Buffer, others: string) {
  const { name, version } = manifest;
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  return (request: IncomingMessage, response: ServerResponse, url: string): void => {
    if (request.url === `/${name}`) {
      // npm looks for a lock file only in a package that is said to have one, which publishing says
      const published = { ...manifest, _hasShrinkwrap: true, dist: { tarball: `${url}/${name}.tgz`, integrity } };
      sendJson(response, { name, 'dist-tags': { latest: version }, versions: { [version]: published } });
    } else if (request.url === `/${name}.tgz`) response.end(tarball);
    else response.writeHead(302, { location: new URL(request.url!.slice(1), others).href }).end();
  };
}
