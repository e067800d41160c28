import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closedEndpoint } from '../harness/loopback.ts';
import { memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';
import { makeUser, runBin } from '../harness/run-bin.ts';

/** Agents of this Node go by proxies. */
const CAN = process.allowedNodeEnvironmentFlags.has('--use-env-proxy');

const user = makeUser();
let engine: MemoryEngine;
let proxy: Server;
let url: string;
let refuses = false;
let asked: string[] = [];

beforeAll(async () => {
  engine = await memoryEngine({ ssl: true });
  const sockets = new Set<Socket>();
  proxy = createServer().on('connect', ({ url: to = '' }, socket: Socket) => {
    asked.push(to);
    if (refuses) return socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
    const [host, port] = to.split(':');
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    for (const end of [socket, onward]) sockets.add(end.on('error', () => undefined));
    return undefined;
  });
  proxy.on('close', () => sockets.forEach((socket) => socket.destroy()));
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  url = `http://me:s3cret@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await new Promise((resolve) => {
    proxy.closeAllConnections();
    proxy.close(resolve);
    proxy.emit('close');
  });
  await engine.stop();
  user.remove();
});

/** The engine's own certificate has expired; here only the route to it matters. */
function list(env: NodeJS.ProcessEnv, endpoint = engine.endpoint) {
  asked = [];
  const trust = { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1' };
  return runBin(user, ['tables', 'list', '--endpoint-url', endpoint], { env: { ...trust, ...env } });
}

describe('HTTPS_PROXY', () => {
  it.runIf(CAN)('is the way for https', async () => {
    refuses = false;
    expect((await list({ HTTPS_PROXY: url })).code).toBe(0);
    expect(new Set(asked)).toEqual(new Set([new URL(engine.endpoint).host]));
  });

  it.runIf(CAN)('is not for what NO_PROXY names', async () => {
    expect((await list({ HTTPS_PROXY: url, NO_PROXY: '127.0.0.1' })).code).toBe(0);
    expect(asked).toEqual([]);
  });

  it.runIf(CAN)('is named as the cause when it refuses the tunnel, without its password', async () => {
    refuses = true;
    const { code, stderr } = await list({ HTTPS_PROXY: url });
    expect([code, stderr]).toEqual([
      5,
      expect.stringMatching(/E_ENDPOINT: the proxy http:\/\/127\.0\.0\.1:\d+ does not connect to /),
    ]);
    expect(stderr).toContain('407');
    expect(stderr).not.toContain('s3cret');
  });

  it.runIf(CAN)('is named as the cause when it is not there', async () => {
    const gone = await closedEndpoint();
    const { code, stderr } = await list({ HTTPS_PROXY: gone });
    expect(code).toBe(5);
    expect(stderr).toContain(`(ECONNREFUSED). HTTPS_PROXY is ${gone}: does it answer`);
  });

  it('is reported where this Node ignores it', async () => {
    const { code, stderr } = await list({ HTTPS_PROXY: url }, (await closedEndpoint()).replace('http:', 'https:'));
    expect(code).toBe(5);
    if (!CAN) expect(stderr).toContain(`HTTPS_PROXY is set, but Node ${process.versions.node} ignores it`);
  });

  it('is not for http on loopback', async () => {
    const plain = await memoryEngine();
    const { code } = await list({ HTTPS_PROXY: url, HTTP_PROXY: url }, plain.endpoint);
    await plain.stop();
    expect([code, asked]).toEqual([0, []]);
  });
});
