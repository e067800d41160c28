import { MqttClient } from 'mqtt';
import { MqdynError } from '../domain/errors.ts';
import type { Publication } from '../domain/delivery/publication.ts';
import { brokerFault } from './faults.ts';
import { streamTo, type BrokerAddress } from './streams.ts';

export { isClientRefused } from './faults.ts';

export type ProtocolVersion = 4 | 5;

export type ConnectionOptions = {
  address: BrokerAddress;
  /** The broker's URL, for messages. */
  label: string;
  protocol: ProtocolVersion;
  username: string | undefined;
  password: string | undefined;
  clientId: string;
  /** False: the session that the broker keeps for the client id is gone on with, or made. */
  cleanStart: boolean;
  /** MQTT 5: so long the broker keeps the session, in seconds. */
  sessionExpiry?: number;
};

/** What the broker allows on this connection. Only MQTT 5 tells; without a word everything is allowed. */
export type BrokerLimits = {
  /** Messages with QoS 1 or 2 that may wait for their acknowledgement; undefined with MQTT 3.1.1, which cannot tell. */
  inFlight: number | undefined;
  maximumQos: 0 | 1 | 2;
  retainAvailable: boolean;
  /** Bytes of a packet. */
  maximumPacket: number;
  /** Seconds that the broker keeps the session, where it is another time than was asked for. */
  sessionExpiry: number | undefined;
};

/**
 * Acknowledged; acknowledged although nobody is there to get it (MQTT 5 code 16); or refused, and `mayPass`: for a reason that has
 * nothing to do with the message itself.
 */
export type PublishOutcome = 'acknowledged' | 'nobody' | { refused: string; mayPass: boolean };

/** Filters that the broker refused, and those that it granted a lower QoS than was asked for. */
export type SubscribeOutcome = { refused: string[]; lowered: string[] };

const CONNECT_MS = 30_000;
/** A broker that is there and does not answer for so long is given up, in milliseconds. */
const ANSWER_MS = 60_000;
const NO_SUBSCRIBERS = 16;
/** Codes from this one on are failures. */
const REFUSED = 128;
/** Failures that may pass: unspecified, specific to the implementation, quota exceeded. */
const MAY_PASS = new Set([128, 131, 151]);
/** Filters of one SUBSCRIBE. */
const MOST_FILTERS = 100;
/** The name under which a message carries its id to MQTT 5 subscribers. */
const ID_PROPERTY = 'mqdyn-msgid';

/**
 * One connection to a broker. It never connects again by itself: once it is lost every call rejects, with E_BROKER or what stood
 * against it. What is sent to it is not acknowledged, so that a broker keeps it for the client whose id is used.
 */
export class MqttConnection {
  readonly limits: BrokerLimits;
  readonly sessionPresent: boolean;
  private readonly client: MqttClient;
  private readonly options: ConnectionOptions;
  private readonly lost: Promise<never>;
  /** Packet ids of messages that nobody is there to get, whose call is still to be answered. */
  private readonly forNobody = new Set<number>();
  /** PINGREQs of MQTT.js's own and of ours: their answers come in order. */
  private readonly pings = { sent: 0, answered: 0 };
  private ended = false;

  private constructor(client: MqttClient, options: ConnectionOptions, connack: Connack, lost: Promise<never>) {
    this.client = client;
    this.options = options;
    this.lost = lost;
    this.sessionPresent = connack.sessionPresent;
    this.limits = limitsOf(options.protocol, connack.properties);
    // MQTT.js itself keeps the codes of a success to itself
    client.on('packetreceive', (packet) => {
      const isAck = packet.cmd === 'puback' || packet.cmd === 'pubrec';
      if (isAck && packet.reasonCode === NO_SUBSCRIBERS) this.forNobody.add(packet.messageId ?? 0);
      if (packet.cmd === 'pingresp') this.pings.answered += 1;
    });
    client.on('packetsend', ({ cmd }) => {
      if (cmd === 'pingreq') this.pings.sent += 1;
    });
    lost.catch(() => (this.ended = true));
  }

  /** Whether the connection has ended. */
  get isLost(): boolean {
    return this.ended;
  }

  /** Connects; rejects with E_BROKER, E_BROKER_DENIED, E_BROKER_VERSION or E_TLS, and with the reason of the signal. */
  static async open(options: ConnectionOptions, signal: AbortSignal): Promise<MqttConnection> {
    signal.throwIfAborted();
    const { label } = options;
    const client = begun(options);
    // a message with QoS 0 asks for no acknowledgement: the broker keeps what it does not get one for
    client.on('packetreceive', (packet) => {
      if (packet.cmd === 'publish') packet.qos = 0;
    });
    let connected = false;
    const lost = new Promise<never>((_resolve, reject) => {
      const fail = (error: unknown) => reject(brokerFault(error, label, connected));
      client.on('error', fail);
      client.on('disconnect', (packet) => fail(new Error(`the broker disconnected, code ${packet.reasonCode ?? 0}`)));
      client.on('close', () => fail(new Error('closed by the broker')));
    });
    // whoever waits for an answer is told
    lost.catch(() => undefined);
    const stop = () => client.end(true);
    signal.addEventListener('abort', stop, { once: true });
    try {
      const greeted = new Promise<Connack>((resolve) => client.once('connect', resolve));
      const connack = await Promise.race([greeted, lost]);
      connected = true;
      return new MqttConnection(client, options, connack, lost);
    } catch (error) {
      client.end(true);
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Publishes; resolves when the broker has acknowledged (PUBACK, PUBCOMP), and for QoS 0 when it was handed over. */
  publish({ topic, payload, qos, retain, msgid }: Publication): Promise<PublishOutcome> {
    const properties = this.options.protocol === 5 ? { properties: { userProperties: { [ID_PROPERTY]: msgid } } } : {};
    return this.answered((resolve, reject) => {
      this.client.publish(topic, Buffer.from(payload), { qos, retain, ...properties }, (error, packet) => {
        // an error without a code of the broker is one of the connection
        if (error) {
          const code = codeOf(error) ?? 0;
          return code >= REFUSED ? resolve({ refused: error.message, mayPass: MAY_PASS.has(code) }) : reject(error);
        }
        resolve(qos > 0 && this.forNobody.delete(packet?.messageId ?? 0) ? 'nobody' : 'acknowledged');
      });
    });
  }

  /** Subscribes. Retained messages are not asked for where MQTT 5 lets one. */
  async subscribe(filters: readonly { filter: string; qos: 0 | 1 | 2 }[]): Promise<SubscribeOutcome> {
    const how = this.options.protocol === 5 ? { rh: 2 } : {};
    const outcome: SubscribeOutcome = { refused: [], lowered: [] };
    for (const qos of [0, 1, 2] as const) {
      const own = filters.filter((one) => one.qos === qos).map(({ filter }) => filter);
      for (let at = 0; at < own.length; at += MOST_FILTERS) {
        const some = own.slice(at, at + MOST_FILTERS);
        const granted = await this.answered<readonly unknown[]>((resolve, reject) => {
          this.client.subscribe(some, { qos, ...how }, (error, _granted, packet) => {
            if (packet === undefined) reject(error ?? new Error('no SUBACK'));
            else resolve(packet.granted);
          });
        });
        for (const [index, filter] of some.entries()) {
          const code = Number(granted[index] ?? REFUSED);
          if (code >= REFUSED) outcome.refused.push(filter);
          else if (code < qos) outcome.lowered.push(filter);
        }
      }
    }
    return outcome;
  }

  /** Resolves when the broker has read everything that was sent: it answers a PINGREQ behind it. */
  async settled(): Promise<void> {
    await this.answered<void>((resolve) => {
      this.client.sendPing();
      const own = this.pings.sent;
      const listen = () => {
        if (this.pings.answered < own) return;
        this.client.off('packetreceive', listen);
        resolve();
      };
      this.client.on('packetreceive', listen);
    });
  }

  /** Disconnects in order; never rejects. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.client.end(Object.keys(this.client.outgoing).length > 0, () => resolve()));
  }

  private answered<T>(ask: (resolve: (value: T) => void, reject: (error: unknown) => void) => void): Promise<T> {
    const { label } = this.options;
    let timer: NodeJS.Timeout | undefined;
    const answer = new Promise<T>((resolve, reject) => {
      const why = new MqdynError('E_BROKER', `${label}: no answer for ${ANSWER_MS / 1_000} s`);
      timer = setTimeout(() => reject(why), ANSWER_MS);
      ask(resolve, (error) => reject(brokerFault(error, label, true)));
    });
    return Promise.race([answer, this.lost]).finally(() => clearTimeout(timer));
  }
}

/** A client of MQTT.js that has begun to connect. */
function begun({ address, label, protocol, username, password, clientId, cleanStart, sessionExpiry }: ConnectionOptions) {
  try {
    return new MqttClient(() => streamTo(address), {
      protocolVersion: protocol,
      clientId,
      clean: cleanStart,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(protocol === 5 && sessionExpiry !== undefined ? { properties: { sessionExpiryInterval: sessionExpiry } } : {}),
      reconnectPeriod: 0,
      connectTimeout: CONNECT_MS,
      resubscribe: false,
      timerVariant: 'native',
    });
  } catch (error) {
    // a certificate or key that cannot be read is found here
    throw brokerFault(error, label, false);
  }
}

type Connack = { sessionPresent: boolean; properties?: ConnackProperties | undefined };

type ConnackProperties = {
  receiveMaximum?: number;
  maximumQoS?: number;
  retainAvailable?: boolean;
  maximumPacketSize?: number;
  sessionExpiryInterval?: number;
};

function limitsOf(protocol: ProtocolVersion, properties: ConnackProperties = {}): BrokerLimits {
  const { receiveMaximum, maximumQoS, retainAvailable, maximumPacketSize, sessionExpiryInterval } = properties;
  return {
    inFlight: protocol === 4 ? undefined : (receiveMaximum ?? 65_535),
    maximumQos: maximumQoS === 0 || maximumQoS === 1 ? maximumQoS : 2,
    retainAvailable: retainAvailable !== false,
    maximumPacket: maximumPacketSize ?? Infinity,
    sessionExpiry: sessionExpiryInterval,
  };
}

/** The reason code of MQTT 5 that an error stands for. */
function codeOf(error: Error): number | undefined {
  const code: unknown = 'code' in error ? error.code : undefined;
  return typeof code === 'number' ? code : undefined;
}
