import { createServer, request, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An HTTP server on loopback; `close` cuts every connection. */
export type LoopbackServer = { endpoint: string; close(): Promise<void> };

export async function listen(answer: RequestListener): Promise<LoopbackServer> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { endpoint: endpointOf(server), close: () => close(server) };
}

/** A loopback endpoint that refuses connections. */
export async function closedEndpoint(): Promise<string> {
  const server = await listen(() => undefined);
  await server.close();
  return server.endpoint;
}

/** A proxy to an engine that counts the calls of each operation. */
export async function countingProxy(engine: string): Promise<LoopbackServer & { calls: Map<string, number> }> {
  const calls = new Map<string, number>();
  const server = await listen((incoming, outgoing) => {
    const operation = operationOf(incoming);
    calls.set(operation, (calls.get(operation) ?? 0) + 1);
    const forward = request(engine, { method: 'POST', headers: incoming.headers }, (reply) => {
      outgoing.writeHead(reply.statusCode!, reply.headers);
      reply.pipe(outgoing);
    });
    forward.on('error', () => outgoing.destroy());
    incoming.pipe(forward);
  });
  return { ...server, calls };
}

function operationOf({ headers }: IncomingMessage): string {
  return String(headers['x-amz-target']).replace(/^.*\./, '');
}

function endpointOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
