import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { MqdynError } from '../domain/errors.ts';
import { isLoopbackAddress } from '../domain/loopback-address.ts';
import { BodyReader, headFault } from './body.ts';
import { guardOf, type Guard } from './token.ts';

/** An answer: JSON, unless `type` says otherwise. `retryAfter` is in seconds. */
export type Answer = { status: number; body: object | string; type?: string; retryAfter?: number };

export type ListenerOptions = {
  host: string;
  /** 0 takes a free one. */
  port: number;
  token: string | undefined;
  /** Takes the body of a POST; what it throws is a bug. */
  post(body: Buffer): Promise<Answer>;
  /** Anybody may ask it. */
  health(): Answer;
  metrics(): Answer;
  failed(error: unknown): void;
};

export type Listener = {
  url: string;
  /** Takes nothing more, and answers what is in flight for so many milliseconds. */
  close(graceMs: number): Promise<void>;
};

/** Connections at a time, and the requests of one of them. */
const MAX_CONNECTIONS = 256;
const MAX_REQUESTS = 1_000;
/** Requests in flight at a time: one connection may send many without waiting for answers. */
const MAX_IN_FLIGHT = 4_096;

/** Limits of one request, and how often they are looked at, in milliseconds. */
const HEADERS_TIMEOUT = 10_000;
const REQUEST_TIMEOUT = 30_000;
const CHECK_INTERVAL = 1_000;
/** Brokers keep their connections and often have nothing to say. */
const KEEP_ALIVE = 75_000;

const UNAUTHORIZED: Answer = { status: 401, body: { error: 'unauthorized' } };
const MISDIRECTED: Answer = { status: 421, body: { error: 'without a token the host must be localhost or a loopback address' } };
const BUSY: Answer = { status: 503, body: { error: 'too many requests at a time' }, retryAfter: 1 };
const STOPPING: Answer = { status: 503, body: { error: 'stopping' }, retryAfter: 5 };
const BUG: Answer = { status: 500, body: { error: 'internal error' } };

/** Listens for events by HTTP. Rejects with E_LISTEN where the address cannot be had. */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const { host, port } = options;
  const desk = new Desk(options);
  const timeouts = { headersTimeout: HEADERS_TIMEOUT, requestTimeout: REQUEST_TIMEOUT, keepAliveTimeout: KEEP_ALIVE };
  const server = createServer({ ...timeouts, connectionsCheckingInterval: CHECK_INTERVAL }, (request, response) => {
    void desk.serve(request, response);
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.maxRequestsPerSocket = MAX_REQUESTS;
  await bound(server, host, port);
  const address = server.address();
  return {
    url: urlOf(host, isAddress(address) ? address.port : port),
    close: (graceMs) => {
      desk.stop();
      // whoever has sent no request yet has not been promised anything
      for (const socket of sockets) if (!desk.isServing(socket)) socket.destroy();
      return closed(server, graceMs);
    },
  };
}

/** Answers requests. */
class Desk {
  private readonly options: ListenerOptions;
  private readonly mayEnter: Guard;
  private readonly bodies = new BodyReader();
  private stopping = false;
  private inFlight = 0;
  private readonly serving = new Map<Socket, number>();

  constructor(options: ListenerOptions) {
    this.options = options;
    this.mayEnter = guardOf(options.token);
  }

  stop(): void {
    this.stopping = true;
  }

  isServing(socket: Socket): boolean {
    return this.serving.has(socket);
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    this.serving.set(socket, (this.serving.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const left = (this.serving.get(socket) ?? 0) - 1;
      if (left > 0) this.serving.set(socket, left);
      else this.serving.delete(socket);
    });
    // a client that goes away is no fault of ours
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    this.inFlight += 1;
    let answer: Answer | undefined;
    try {
      answer = await this.answer(request);
    } catch (error) {
      this.options.failed(error);
      answer = BUG;
    } finally {
      this.inFlight -= 1;
    }
    if (answer !== undefined) this.send(request, response, answer);
  }

  private async answer(request: IncomingMessage): Promise<Answer | undefined> {
    const { method } = request;
    const path = (request.url ?? '').replace(/[?#].*$/s, '');
    const reads = method === 'GET' || method === 'HEAD';
    if (this.options.token === undefined && !isLocalName(request.headers.host)) return MISDIRECTED;
    if (path === '/health' && reads) return this.options.health();
    if (!this.mayEnter(request.headers.authorization)) return UNAUTHORIZED;
    if (path === '/metrics' && reads) return this.options.metrics();
    if (method !== 'POST') return { status: reads ? 404 : 405, body: { error: 'post events, or get /health or /metrics' } };
    if (this.stopping) return STOPPING;
    if (this.inFlight > MAX_IN_FLIGHT) return BUSY;
    const fault = headFault(request);
    if (fault !== undefined) return { status: fault.status, body: { error: fault.error } };
    const body = await this.bodies.read(request);
    if (body === undefined) return undefined;
    if (!('status' in body)) return this.options.post(body);
    return { status: body.status, body: { error: body.error }, ...(body.status === 503 ? { retryAfter: 1 } : {}) };
  }

  /** Connections are few: none is kept for somebody without the token. */
  private mayStay({ headers }: IncomingMessage): boolean {
    return this.mayEnter(headers.authorization);
  }

  private send(request: IncomingMessage, response: ServerResponse, { status, body, type, retryAfter }: Answer): void {
    const text = typeof body === 'string' ? body : `${JSON.stringify(body)}\n`;
    response.writeHead(status, {
      'content-type': type ?? 'application/json',
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-store',
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
      ...(status === 405 ? { allow: 'GET, HEAD, POST' } : {}),
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      // what is left of a body that is not wanted is not waited for
      ...(request.complete && !this.stopping && this.mayStay(request) ? {} : { connection: 'close' }),
    });
    response.end(request.method === 'HEAD' ? undefined : text);
  }
}

async function bound(server: Server, host: string, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, exclusive: true }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new MqdynError('E_LISTEN', `cannot listen on ${urlOf(host, port)} (${why})`, { cause: error });
  }
}

async function closed(server: Server, graceMs: number): Promise<void> {
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await ended;
  clearTimeout(timer);
}

function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/**
 * Whether a request that came over loopback was meant for it. The page of a browser can reach loopback under a name of its own, and
 * could write to the tables.
 */
function isLocalName(host: string | undefined): boolean {
  const name = (host ?? 'localhost').replace(/:\d*$/, '').toLowerCase();
  return name === 'localhost' || isLoopbackAddress(name);
}

function isAddress(address: AddressInfo | string | null): address is AddressInfo {
  return address !== null && typeof address === 'object';
}
