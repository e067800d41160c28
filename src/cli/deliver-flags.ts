import { Flags, type Interfaces } from '@oclif/core';
import type { DeliverOptions, SessionOptions } from '../app/live/deliver-options.ts';
import { MqdynError } from '../domain/errors.ts';
import { isLoopback } from '../dynamo/loopback.ts';
import { readClientList } from '../files/client-list.ts';
import { readPem } from '../files/pem.ts';
import { durationFlag } from './flags.ts';

export const deliverFlags = {
  to: Flags.string({
    required: true,
    helpGroup: 'BROKER',
    helpValue: 'mqtt[s]://HOST[:PORT]',
    summary: 'the broker; ports 1883 and 8883 where none is named',
  }),
  protocol: Flags.option({
    options: ['4', '5'] as const,
    default: '5' as const,
    helpGroup: 'BROKER',
    summary: 'version of MQTT; 4 is MQTT 3.1.1',
  })(),
  'client-id': Flags.string({ helpGroup: 'BROKER', helpValue: 'NAME', summary: 'client id of the publishing connection' }),
  'tls-ca': Flags.string({ helpGroup: 'BROKER', helpValue: 'FILE', summary: 'certificate authority, in PEM' }),
  'tls-cert': Flags.string({
    helpGroup: 'BROKER',
    helpValue: 'FILE',
    dependsOn: ['tls-key'],
    summary: 'certificate of this client, in PEM',
  }),
  'tls-key': Flags.string({
    helpGroup: 'BROKER',
    helpValue: 'FILE',
    dependsOn: ['tls-cert'],
    summary: 'key of this certificate, in PEM',
  }),
  retained: Flags.boolean({ helpGroup: 'SELECTION', default: false, summary: 'retained messages' }),
  pending: Flags.boolean({ helpGroup: 'SELECTION', default: false, summary: 'what waits' }),
  topic: Flags.string({ helpGroup: 'SELECTION', helpValue: 'FILTER', summary: 'topics that match' }),
  client: Flags.string({
    helpGroup: 'SELECTION',
    helpValue: 'ID,...',
    summary: 'only what the backend would give to these clients',
  }),
  'max-payload': Flags.integer({ helpGroup: 'SELECTION', min: 0, helpValue: 'BYTES', summary: 'leave out larger payloads' }),
  'pre-create-sessions': Flags.boolean({
    helpGroup: 'SESSIONS',
    dependsOn: ['pending'],
    summary: 'first make a session for each client with stored subscriptions',
  }),
  'online-list': Flags.string({
    helpGroup: 'SESSIONS',
    helpValue: 'FILE',
    dependsOn: ['pre-create-sessions'],
    summary: 'clients that are online on the broker, one id a line; they are left alone',
  }),
  'assume-offline': Flags.boolean({
    helpGroup: 'SESSIONS',
    dependsOn: ['pre-create-sessions'],
    exclusive: ['online-list'],
    summary: 'no client is online on the broker: one that is would lose its connection',
  }),
  'session-expiry': durationFlag({
    helpGroup: 'SESSIONS',
    summary:
      "how long the broker keeps such a session, also one that is there (MQTT 5); until the broker's own limit if left out",
  }),
  rate: Flags.integer({ helpGroup: 'SPEED', min: 1, helpValue: 'N', summary: 'at most this many messages per second' }),
  ack: Flags.boolean({
    helpGroup: 'TABLES',
    dependsOn: ['yes', 'pending'],
    summary: 'what the broker acknowledged leaves the tables, as after an ack of a client',
  }),
  yes: Flags.boolean({ char: 'y', helpGroup: 'CONSENT', summary: 'do not ask' }),
  'dry-run': Flags.boolean({
    helpGroup: 'CONSENT',
    exclusive: ['ack', 'resume'],
    summary: 'only say what would be sent, to whom, and what cannot be',
  }),
  journal: Flags.string({
    helpGroup: 'RESUME',
    helpValue: 'FILE',
    default: 'deliver.journal',
    summary: 'file that records what the broker acknowledged',
  }),
  resume: Flags.boolean({ helpGroup: 'RESUME', summary: 'continue a delivery that was stopped' }),
};

export type DeliverFlags = Interfaces.InferredFlags<typeof deliverFlags>;

/** The longest time that MQTT 5 has for a session, in seconds: it stays until the broker itself ends it. */
const LONGEST = 0xffff_ffff;

const PORTS: Readonly<Record<string, number>> = { 'mqtt:': 1883, 'mqtts:': 8883 };

/** The broker and how to connect to it, from flags and variables. */
export async function brokerOf(
  flags: DeliverFlags & { 'allow-insecure-endpoint': boolean },
  env: NodeJS.ProcessEnv,
  pid: number,
): Promise<DeliverOptions['broker']> {
  const url = brokerUrl(flags.to);
  const isTls = url.protocol === 'mqtts:';
  const files = { cert: flags['tls-cert'], key: flags['tls-key'], ca: flags['tls-ca'] };
  if (!isTls && Object.values(files).some((file) => file !== undefined)) {
    throw new MqdynError('E_USAGE', `--tls-ca, --tls-cert and --tls-key need mqtts://, not ${flags.to}`);
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? (PORTS[url.protocol] ?? 0) : Number(url.port);
  const label = `${url.protocol}//${url.hostname}:${port}`;
  const username = env['MQDYN_MQTT_USERNAME'] || undefined;
  const password = env['MQDYN_MQTT_PASSWORD'] || undefined;
  if (password !== undefined && username === undefined) {
    throw new MqdynError('E_USAGE', 'MQDYN_MQTT_PASSWORD needs a user name: set MQDYN_MQTT_USERNAME, too');
  }
  const secret = password !== undefined ? 'the password' : username !== undefined ? 'the user name' : undefined;
  if (secret !== undefined && !isTls && !flags['allow-insecure-endpoint'] && !(await isLoopback(host))) {
    throw new MqdynError('E_ENDPOINT_UNSAFE', `${label} would get ${secret} in plain text`, {
      hint: 'Use mqtts://, or --allow-insecure-endpoint.',
    });
  }
  const tls = isTls ? await readAll(files) : undefined;
  return {
    address: { host, port, tls },
    label,
    protocol: flags.protocol === '4' ? 4 : 5,
    username,
    password,
    clientId: flags['client-id'] ?? `mqdyn-deliver-${pid}`,
    cleanStart: true,
  };
}

function brokerUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || PORTS[url.protocol] === undefined || url.hostname === '') {
    throw new MqdynError('E_USAGE', `--to ${text}: expected mqtt://HOST[:PORT] or mqtts://HOST[:PORT]`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new MqdynError('E_USAGE', '--to holds credentials, which every user of this machine can see', {
      hint: 'Set MQDYN_MQTT_USERNAME and MQDYN_MQTT_PASSWORD instead.',
    });
  }
  if (!/^\/?$/.test(url.pathname) || url.search !== '' || url.hash !== '') {
    throw new MqdynError('E_USAGE', `--to ${text}: nothing follows host and port`);
  }
  return url;
}

async function readAll({ cert, key, ca }: { cert: string | undefined; key: string | undefined; ca: string | undefined }) {
  return { cert: await pemOf(cert), key: await pemOf(key), ca: await pemOf(ca) };
}

async function pemOf(file: string | undefined): Promise<Buffer | undefined> {
  return file === undefined ? undefined : readPem(file);
}

/** The clients named by --client. */
export function clientsOf({ client }: DeliverFlags): string[] | undefined {
  if (client === undefined) return undefined;
  const clients = [...new Set(client.split(','))];
  if (clients.includes('')) throw new MqdynError('E_USAGE', '--client contains an empty client id');
  return clients.sort();
}

/** What sessions are made with; refuses to make them where nobody says who is online. A dry run makes none. */
export async function sessionsOf(flags: DeliverFlags): Promise<SessionOptions | undefined> {
  if (!flags['pre-create-sessions']) return undefined;
  const list = flags['online-list'];
  if (list === undefined && !flags['assume-offline'] && !flags['dry-run']) {
    throw new MqdynError(
      'E_CONFIRM',
      '--pre-create-sessions connects as each client, and would end the connection of one that is online',
      {
        hint: 'List those that are online with --online-list FILE, or say that none is with --assume-offline.',
      },
    );
  }
  const named = flags['session-expiry'];
  const expiry = named === undefined ? LONGEST : Math.min(Math.ceil(named / 1_000), LONGEST);
  const online = list === undefined ? undefined : await readClientList(list);
  return { online, expiry, isExpiryNamed: named !== undefined };
}
