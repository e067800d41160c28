import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createRequire } from 'node:module';
import type { IConnackPacket, IPublishPacket, Packet } from 'mqtt';

type Options = { protocolVersion: number };
type Parser = { on(event: 'packet', take: (packet: Packet) => void): void; parse(bytes: Buffer): void };

// what MQTT.js itself reads and writes packets with
const packets = createRequire(createRequire(import.meta.url).resolve('mqtt'))('mqtt-packet') as {
  parser(): Parser;
  generate(packet: unknown, options: Options): Buffer;
};

/** How a fake broker answers; what is left out it grants. */
export type Answers = {
  /** Code of the CONNACK for a client. */
  connect?: (clientId: string) => number;
  connack?: IConnackPacket['properties'];
  sessionPresent?: boolean;
  /** Code of the PUBACK or PUBREC; `end` ends the connection instead. */
  publish?: (packet: IPublishPacket) => number | 'end';
  /** Code for a filter of a SUBSCRIBE that asks for a QoS. */
  grant?: (qos: number) => number;
  /** PINGRESPs are sent only when this is called. */
  holdPings?: (answer: () => void) => void;
};

export type FakeBroker = {
  url: string;
  answers: Answers;
  /** Messages that were taken, in their order. */
  got: { topic: string; payload: string; qos: number }[];
  connects: Extract<Packet, { cmd: 'connect' }>[];
  close(): Promise<void>;
};

/** A broker that speaks MQTT 5 and answers as a test wants; it hands nothing on. */
export async function fakeBroker(answers: Answers = {}): Promise<FakeBroker> {
  const broker: Omit<FakeBroker, 'url' | 'close'> = { answers, got: [], connects: [] };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    serve(socket, broker);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { ...broker, url: `mqtt://127.0.0.1:${port}`, close, answers };
}

function serve(socket: Socket, broker: Omit<FakeBroker, 'url' | 'close'>): void {
  const { answers, got, connects } = broker;
  const parser = packets.parser();
  let protocolVersion = 5;
  const send = (packet: unknown) => socket.writable && socket.write(packets.generate(packet, { protocolVersion }));
  const take = (packet: Packet) => {
    if (packet.cmd === 'connect') {
      protocolVersion = packet.protocolVersion ?? 5;
      connects.push(packet);
      const code = answers.connect?.(packet.clientId) ?? 0;
      const { connack: properties = {}, sessionPresent = false } = answers;
      send({ cmd: 'connack', sessionPresent: code === 0 && sessionPresent, reasonCode: code, returnCode: code, properties });
    } else if (packet.cmd === 'publish') {
      const code = answers.publish?.(packet) ?? 0;
      if (code === 'end') return socket.destroy();
      if (code < 128) got.push({ topic: packet.topic, payload: String(packet.payload), qos: packet.qos });
      const { messageId } = packet;
      if (packet.qos > 0) send({ cmd: packet.qos === 1 ? 'puback' : 'pubrec', messageId, reasonCode: code });
    } else if (packet.cmd === 'pubrel') {
      send({ cmd: 'pubcomp', messageId: packet.messageId, reasonCode: 0 });
    } else if (packet.cmd === 'subscribe') {
      const granted = packet.subscriptions.map(({ qos }) => answers.grant?.(qos) ?? qos);
      send({ cmd: 'suback', messageId: packet.messageId, granted });
    } else if (packet.cmd === 'pingreq') {
      const pong = () => send({ cmd: 'pingresp' });
      if (answers.holdPings === undefined) pong();
      else answers.holdPings(pong);
    } else if (packet.cmd === 'disconnect') socket.end();
    return undefined;
  };
  parser.on('packet', take);
  socket.on('data', (bytes) => parser.parse(bytes)).on('error', () => undefined);
}
