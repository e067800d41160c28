import { connect, type Socket } from 'node:net';

/** What came back: `status` 0 where the connection ended without an answer. */
export type RawAnswer = { status: number; headers: Record<string, string>; body: string };

/**
 * An HTTP client of its own on a plain socket, so that nothing of Node's is tested against itself. One request at a time, and
 * the connection is kept, as brokers keep theirs.
 */
export class RawClient {
  private readonly url: URL;
  private readonly headers: string;
  private socket: Socket | undefined;

  constructor(url: string, headers: Record<string, string> = {}) {
    this.url = new URL(url);
    this.headers = Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('');
  }

  post(body: string | Uint8Array): Promise<RawAnswer> {
    const bytes = Buffer.from(body as string);
    const head = `POST / HTTP/1.1\r\nhost: ${this.url.host}\r\ncontent-type: application/json\r\n${this.headers}content-length: ${bytes.length}\r\n\r\n`;
    return this.send(Buffer.concat([Buffer.from(head), bytes]));
  }

  get(path: string): Promise<RawAnswer> {
    return this.send(`GET ${path} HTTP/1.1\r\nhost: ${this.url.host}\r\n${this.headers}\r\n`);
  }

  /** Sends any bytes and waits for one answer, or for the end of the connection. */
  async send(bytes: string | Uint8Array): Promise<RawAnswer> {
    // one that ended since the last answer says so no more
    if (this.socket?.destroyed === true) this.socket = undefined;
    const socket = (this.socket ??= await this.open());
    if (socket === undefined) return { status: 0, headers: {}, body: '' };
    return new Promise((resolve) => {
      let received = Buffer.alloc(0);
      const end = (answer: RawAnswer) => {
        socket.removeAllListeners('data').removeAllListeners('close');
        resolve(answer);
      };
      socket.on('data', (part: Buffer) => {
        received = Buffer.concat([received, part]);
        const answer = parsed(received);
        if (answer === undefined) return;
        if (answer.headers['connection'] === 'close') this.reset();
        end(answer);
      });
      socket.on('close', () => {
        this.socket = undefined;
        end(parsed(received) ?? { status: 0, headers: {}, body: '' });
      });
      socket.write(bytes);
    });
  }

  /** Cuts the connection, whatever is on its way. */
  reset(): void {
    this.socket?.resetAndDestroy();
    this.socket = undefined;
  }

  /** Undefined where nobody listens. */
  async open(): Promise<Socket | undefined> {
    const socket = connect(Number(this.url.port), this.url.hostname);
    socket.on('error', () => undefined).setNoDelay(true);
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('close', () => resolve(false));
    });
    return isOpen ? socket : undefined;
  }
}

function parsed(received: Buffer): RawAnswer | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first = '', ...lines] = received.toString('latin1', 0, end).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const length = Number(headers['content-length'] ?? 0);
  const body = received.subarray(end + 4);
  if (body.length < length) return undefined;
  return { status: Number(first.split(' ')[1]), headers, body: body.toString('utf8', 0, length) };
}
