import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Signed } from './signature.ts';

/** What is sent back, byte for byte (a header that is undefined is left out); or what becomes of the connection. */
export type WireReply =
  | { status?: number; headers?: Record<string, string | undefined>; body?: string | Buffer }
  /** Closes the connection before a reply, in the middle of its body, or never answers. */
  | { fate: 'cut' | 'cut-body' | 'hang' };

export type WireServer = {
  endpoint: string;
  /** Every request that arrived, as it was on the wire. */
  requests: Signed[];
  /** Asked for each request; undefined is an empty success. */
  reply: (request: Signed) => WireReply | undefined | Promise<WireReply>;
  close(): Promise<void>;
};

/** A loopback server that answers with exactly the bytes and headers it is told to. */
export async function startWireServer(): Promise<WireServer> {
  const server = createServer((message, response) => {
    const parts: Buffer[] = [];
    message.on('data', (part: Buffer) => parts.push(part));
    message.on('end', () => {
      const { method = '', url: path = '', headers } = message;
      const request = { method, path, headers, body: Buffer.concat(parts).toString() };
      state.requests.push(request);
      void Promise.resolve(state.reply(request)).then((reply) => send(response, reply ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const state: WireServer = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    reply: () => undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return state;
}

function send(response: ServerResponse, reply: WireReply): void {
  if (!('fate' in reply)) {
    const { status = 200, headers = {}, body = '{}' } = reply;
    const all = Object.entries({ 'x-amzn-requestid': 'WIRE0000', ...headers });
    for (const [name, value] of all) if (value !== undefined) response.setHeader(name, value);
    response.writeHead(status).end(body);
  } else if (reply.fate === 'cut') {
    response.socket?.destroy();
  } else if (reply.fate === 'cut-body') {
    response.writeHead(200, { 'x-amzn-requestid': 'WIRE0000', 'content-length': '1000' }).write('{"Item":');
    setTimeout(() => response.socket?.destroy(), 20);
  }
}
