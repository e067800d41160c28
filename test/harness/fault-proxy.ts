import { Agent, createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What goes wrong with one call. `applied` says, for each, whether the engine carries the call out. */
export type Fault =
  /** Answers in the engine's place; the engine never sees the call. */
  | { kind: 'error'; name: string; status?: number; message?: string; headers?: Record<string, string> }
  /** Returns these positions of a BatchWriteItem or BatchGetItem as unprocessed, and carries out the others. */
  | { kind: 'unprocessed'; left: (position: number) => boolean }
  | { kind: 'reset-before' }
  | { kind: 'reset-after' }
  /** Carried out only after so many milliseconds, even when the client has given up. */
  | { kind: 'late'; ms: number }
  /** Carried out at once, answered after so many milliseconds. */
  | { kind: 'slow'; ms: number }
  /** Answered in pieces of so many bytes, one every few milliseconds. */
  | { kind: 'drip'; bytes: number }
  /** The connection is cut in the middle of the reply. */
  | { kind: 'truncate' }
  /** A complete HTTP reply whose JSON is cut in the middle. */
  | { kind: 'half' }
  | { kind: 'empty' }
  | { kind: 'html' }
  | { kind: 'redirect'; status: number; location?: string }
  | { kind: 'hang' }
  /** Replaces the whole reply of a read. */
  | { kind: 'reply'; body: object };

export type Call = { index: number; operation: string; tables: readonly string[]; headers: IncomingMessage['headers'] };

/** A pure function of the call's number: the same plan gives the same faults. */
export type FaultPlan = (call: Call) => Fault | undefined;

/** What became of one call: the Jepsen-style history. */
export type Recorded = Call & { fault: Fault['kind'] | undefined; applied: boolean; acked: boolean; sent: number };

/** True for the calls by which a replay writes. */
export function isWrite(operation: string): boolean {
  return /^(BatchWriteItem|UpdateItem)$/.test(operation);
}

export type Body = { RequestItems?: Record<string, unknown>; TableName?: string };
type Reply = { status: number; headers: Record<string, string | string[] | undefined>; body: Buffer };

/**
 * Stands between the client and an engine, on real sockets, and understands the protocol well enough to fail as DynamoDB and
 * the ways to it do. Calls are numbered from 0 in the order of their arrival.
 */
export class FaultProxy {
  private readonly engine: URL;
  private readonly sockets = new Set<Socket>();
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 64 });
  private server: Server | undefined;
  private port = 0;
  private late: Promise<unknown>[] = [];
  readonly history: Recorded[] = [];
  plan: FaultPlan;
  /** Milliseconds that are added to the Date of every reply; undefined leaves it out. */
  clockAhead: number | undefined = 0;
  /** Called when a call has reached a point, before anything further happens with it. */
  watch: ((point: 'arrived' | 'applied' | 'answered', call: Call, body: Body) => void) | undefined;

  private constructor(engine: string, plan: FaultPlan) {
    this.engine = new URL(engine);
    this.plan = plan;
  }

  static async start(engine: string, plan: FaultPlan = () => undefined): Promise<FaultProxy> {
    const proxy = new FaultProxy(engine, plan);
    await proxy.up();
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Calls by operation. */
  get calls(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { operation } of this.history) counts[operation] = (counts[operation] ?? 0) + 1;
    return counts;
  }

  async up(): Promise<void> {
    this.server = createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
      this.serve(req, res).catch(() => res.destroy());
    });
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      this.server!.once('error', reject).listen(this.port, '127.0.0.1', resolve);
    });
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** Connections are refused until `up`. */
  async down(): Promise<void> {
    const closed = new Promise((resolve) => this.server!.close(resolve));
    for (const socket of this.sockets) socket.resetAndDestroy();
    await closed;
  }

  async downFor(ms: number): Promise<void> {
    await this.down();
    await delay(ms);
    await this.up();
  }

  async stop(): Promise<void> {
    await Promise.all(this.late);
    if (this.server?.listening) await this.down();
    this.agent.destroy();
  }

  /** Clears the history; numbers start at 0 again. */
  reset(plan: FaultPlan = () => undefined): void {
    this.history.length = 0;
    this.plan = plan;
    this.clockAhead = 0;
  }

  private async serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of req) parts.push(part as Buffer);
    const raw = Buffer.concat(parts);
    const operation = String(req.headers['x-amz-target'] ?? '').split('.')[1] ?? '';
    const body = JSON.parse(raw.toString('utf8') || '{}') as Body;
    const tables = body.TableName === undefined ? Object.keys(body.RequestItems ?? {}) : [body.TableName];
    const call: Recorded = {
      index: this.history.length,
      operation,
      tables,
      headers: req.headers,
      fault: undefined,
      applied: false,
      acked: false,
      sent: raw.length,
    };
    this.history.push(call);
    const fault = this.plan(call);
    call.fault = fault?.kind;
    this.watch?.('arrived', call, body);
    const forward = async (sent: Buffer = raw) => {
      const reply = await this.forward(req, sent);
      call.applied = reply.status === 200;
      this.watch?.('applied', call, body);
      return reply;
    };
    const answer = (reply: Reply) => {
      call.acked = reply.status === 200 && !res.destroyed;
      this.answer(res, reply);
      this.watch?.('answered', call, body);
    };
    switch (fault?.kind) {
      case undefined:
        return answer(await forward());
      case 'error':
        return answer(this.failure(fault));
      case 'unprocessed':
        // only batches have unprocessed items
        return answer(await (operation.startsWith('Batch') ? this.partly(body, fault.left, forward) : forward()));
      case 'reset-before':
        req.socket.resetAndDestroy();
        return;
      case 'reset-after':
        await forward();
        req.socket.resetAndDestroy();
        return;
      case 'late': {
        const through = delay(fault.ms).then(() => forward());
        this.late.push(through.catch(() => undefined));
        return answer(await through);
      }
      case 'slow': {
        const reply = await forward();
        await delay(fault.ms);
        return answer(reply);
      }
      case 'drip': {
        const { status, headers, body: whole } = await forward();
        res.writeHead(status, { ...headers, ...this.date() });
        for (let at = 0; at < whole.length; at += fault.bytes) {
          res.write(whole.subarray(at, at + fault.bytes));
          await delay(3);
        }
        res.end();
        call.acked = true;
        return;
      }
      case 'truncate': {
        const { status, headers, body: whole } = await forward();
        res.writeHead(status, { ...headers, 'content-length': String(whole.length) });
        res.write(whole.subarray(0, Math.max(1, whole.length >> 1)), () => req.socket.destroy());
        return;
      }
      case 'half': {
        const { status, headers, body: whole } = await forward();
        const { 'x-amz-crc32': _, ...kept } = headers;
        this.answer(res, { status, headers: kept, body: whole.subarray(0, Math.max(1, whole.length >> 1)) });
        return;
      }
      case 'empty':
        res.writeHead(200, { 'content-length': '0' }).end();
        return;
      case 'html':
        res.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Please log in</body></html>');
        return;
      case 'redirect':
        res.writeHead(fault.status, fault.location === undefined ? {} : { location: fault.location }).end();
        return;
      case 'hang':
        return;
      case 'reply':
        return answer({ status: 200, headers: this.ownHeaders(), body: Buffer.from(JSON.stringify(fault.body)) });
    }
  }

  private forward(req: IncomingMessage, body: Buffer): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const headers = { ...req.headers, 'content-length': String(body.length), host: this.engine.host };
      const { hostname, port } = this.engine;
      const out = request({ hostname, port, method: req.method, path: req.url, headers, agent: this.agent }, (reply) => {
        const parts: Buffer[] = [];
        reply.on('data', (part: Buffer) => parts.push(part));
        reply.on('error', reject);
        reply.on('end', () => {
          const { connection: _, 'keep-alive': __, 'transfer-encoding': ___, ...kept } = reply.headers;
          resolve({ status: reply.statusCode!, headers: kept, body: Buffer.concat(parts) });
        });
      });
      out.on('error', reject);
      out.end(body);
    });
  }

  private answer(res: ServerResponse, { status, headers, body }: Reply): void {
    if (res.destroyed) return;
    res.sendDate = false;
    const { date: _, ...kept } = headers;
    res.writeHead(status, { ...kept, ...this.date(), 'content-length': String(body.length) }).end(body);
  }

  private date(): Record<string, string> {
    return this.clockAhead === undefined ? {} : { date: new Date(Date.now() + this.clockAhead).toUTCString() };
  }

  private ownHeaders(): Record<string, string> {
    return { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': `PROXY${this.history.length}` };
  }

  private failure({ name, status = 400, message = `injected ${name}`, headers = {} }: Fault & { kind: 'error' }): Reply {
    const body = Buffer.from(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${name}`, message }));
    return { status, headers: { ...this.ownHeaders(), ...headers }, body };
  }

  private async partly(
    body: Body,
    isLeft: (position: number) => boolean,
    forward: (sent?: Buffer) => Promise<Reply>,
  ): Promise<Reply> {
    const [[table, asked] = ['', []]] = Object.entries(body.RequestItems ?? {});
    const reads = !Array.isArray(asked);
    const all = reads ? (asked as { Keys: unknown[] }).Keys : asked;
    const left = all.filter((_, position) => isLeft(position));
    const rest = all.filter((_, position) => !isLeft(position));
    const wrap = (some: unknown[]) => ({ [table]: reads ? { ...(asked as object), Keys: some } : some });
    const over = { [reads ? 'UnprocessedKeys' : 'UnprocessedItems']: left.length === 0 ? {} : wrap(left) };
    if (rest.length === 0) {
      return { status: 200, headers: this.ownHeaders(), body: Buffer.from(JSON.stringify({ Responses: {}, ...over })) };
    }
    const reply = await forward(Buffer.from(JSON.stringify({ ...body, RequestItems: wrap(rest) })));
    if (reply.status !== 200) return reply;
    const { 'x-amz-crc32': _, ...headers } = reply.headers;
    const changed = { ...(JSON.parse(reply.body.toString('utf8')) as object), ...over };
    return { ...reply, headers, body: Buffer.from(JSON.stringify(changed)) };
  }
}

/** A number from 0 to 1 that follows from two whole numbers. */
export function chance(seed: number, index: number): number {
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
}

/** Every transient fault, each at `rate`, chosen by the seed. Late calls outlast a client that waits `lateMs` / 2. */
export function mixedFaults(seed: number, rate: number, lateMs: number): FaultPlan {
  const kinds: ((index: number) => Fault)[] = [
    () => ({ kind: 'error', name: 'InternalServerError', status: 500 }),
    () => ({ kind: 'error', name: 'ServiceUnavailable', status: 503 }),
    () => ({ kind: 'error', name: 'ProvisionedThroughputExceededException' }),
    () => ({ kind: 'error', name: 'ThrottlingException' }),
    () => ({ kind: 'error', name: 'RequestLimitExceeded' }),
    (index) => ({ kind: 'unprocessed', left: (position) => chance(seed + 1, index * 25 + position) < 0.5 }),
    () => ({ kind: 'unprocessed', left: () => true }),
    () => ({ kind: 'reset-before' }),
    () => ({ kind: 'reset-after' }),
    () => ({ kind: 'truncate' }),
    () => ({ kind: 'drip', bytes: 7 }),
    () => ({ kind: 'slow', ms: 5 }),
    () => ({ kind: 'late', ms: lateMs }),
    () => ({ kind: 'empty' }),
  ];
  return ({ index }) => kinds[Math.floor(chance(seed, index) / rate)]?.(index);
}
