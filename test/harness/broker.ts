import { createServer, connect, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { Aedes, type Client } from 'aedes';
import type { IClientOptions, MqttClient } from 'mqtt';

export type TestBroker = {
  aedes: Aedes;
  port: number;
  url: string;
  /** Client ids in the order in which they connected, and those whose connection another one took. */
  connected: string[];
  close(): Promise<void>;
};

type BrokerOptions = {
  /** Who may connect; everybody when left out. */
  credentials?: { username: string; password: string };
  tls?: { key: string; cert: string };
  /** Filters and topics that nobody may use. */
  forbidden?: string;
};

/** aedes on loopback, with its state in memory. It speaks MQTT 3.1.1. */
export async function startBroker({ credentials, tls, forbidden }: BrokerOptions = {}): Promise<TestBroker> {
  const aedes = await Aedes.createBroker({
    authenticate: (_client, username, password, done) => {
      const isKnown =
        credentials === undefined || (username === credentials.username && String(password) === credentials.password);
      done(isKnown ? null : Object.assign(new Error('refused'), { returnCode: 4 as const }), isKnown);
    },
    authorizeSubscribe: (_client, subscription, done) => done(null, subscription.topic === forbidden ? null : subscription),
  });
  const connected: string[] = [];
  aedes.on('client', (client: Client) => connected.push(client.id));
  const sockets = new Set<Socket>();
  const handle = (socket: Socket) => {
    sockets.add(socket);
    aedes.handle(socket);
  };
  const server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle);
  const port = await listening(server);
  return {
    aedes,
    port,
    url: `${tls === undefined ? 'mqtt' : 'mqtts'}://127.0.0.1:${port}`,
    connected,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => aedes.close(resolve));
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** A message as a subscriber gets it. */
export type Received = { topic: string; payload: string; qos: number; retain: boolean; msgid?: string };

/** A subscriber: connects, and collects what it is sent until nothing came for a while. */
export async function received(
  url: string,
  {
    clientId,
    filters = {},
    more = {},
    quietMs = 150,
  }: { clientId: string; filters?: Record<string, { qos: 0 | 1 | 2 }>; more?: IClientOptions; quietMs?: number },
): Promise<Received[]> {
  const found: Received[] = [];
  let last = performance.now();
  const client = await subscriber(url, clientId, more, (message) => {
    last = performance.now();
    found.push(message);
  });
  if (Object.keys(filters).length > 0) await client.subscribeAsync(filters);
  while (performance.now() - last < quietMs) await new Promise((resolve) => setTimeout(resolve, 20));
  await client.endAsync();
  return found;
}

/** A client that goes on with its session and hands over what it is sent. */
export async function subscriber(
  url: string,
  clientId: string,
  more: IClientOptions,
  take: (message: Received) => void,
): Promise<MqttClient> {
  const { default: mqtt } = await import('mqtt');
  const client = mqtt.connect(url, { clientId, clean: false, reconnectPeriod: 0, manualConnect: true, ...more });
  client.on('message', (topic, payload, { qos, retain, properties }) => {
    const msgid = properties?.userProperties?.['mqdyn-msgid'];
    take({ topic, payload: payload.toString('utf8'), qos, retain, ...(typeof msgid === 'string' ? { msgid } : {}) });
  });
  const ready = new Promise<void>((resolve, reject) => client.once('connect', () => resolve()).once('error', reject));
  client.connect();
  await ready;
  return client;
}

/** A way to a broker whose next connection is cut once so many bytes went to the broker, or came from it; 0 leaves it alone. */
export type CuttingProxy = { url: string; cut: { up: number; down: number }; close(): void };

export async function cuttingProxy(port: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  const cut = { up: 0, down: 0 };
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    const end = () => [near, far].forEach((each) => each.destroy());
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    forward(near, far, cut.up || Infinity, end);
    forward(far, near, cut.down || Infinity, end);
  });
  const own = await listening(server);
  return {
    url: `mqtt://127.0.0.1:${own}`,
    cut,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

function forward(from: Socket, to: Socket, most: number, end: () => void): void {
  let left = most;
  from.on('data', (chunk: Buffer) => {
    to.write(chunk.subarray(0, Math.min(left, chunk.length)), () => {
      if (left <= 0) end();
    });
    left -= chunk.length;
  });
}
