import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { listen } from './loopback.ts';
import type { User } from './run-bin.ts';

/** Keys as an AWS service returns them; the id says which service it was. */
export type Keys = { id: string; secret: string; token: string };

export function keysOf(id: string): Keys {
  return { id, secret: `secret of ${id}`, token: `token-of-${id}` };
}

type Answer = { status?: number; body: string };
type Asked = { service: string; path: string; headers: IncomingMessage['headers']; body: string };

export type Aws = {
  endpoint: string;
  /** Variables by which the SDK finds the services here, and no other. */
  env: NodeJS.ProcessEnv;
  /** Every request so far. */
  asked: Asked[];
  /** Services with another reply, by name. */
  faults: Record<string, Answer | undefined>;
  close(): Promise<void>;
};

const later = (ms = 3_600_000) => new Date(Date.now() + ms);

/** Loopback stand-ins for DynamoDB and for every service that hands out credentials. */
export async function startAws(): Promise<Aws> {
  const asked: Asked[] = [];
  const faults: Aws['faults'] = {};
  const server = await listen((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts).toString();
      const service = serviceOf(request, body);
      asked.push({ service, path: request.url!, headers: request.headers, body });
      send(response, service, faults[service] ?? { body: SERVICES[service]?.(request.headers) ?? '' });
    });
  });
  const env = Object.fromEntries(
    ['DYNAMODB', 'STS', 'SSO', 'SSO_OIDC', 'SIGNIN'].map((name) => [`AWS_ENDPOINT_URL_${name}`, server.endpoint]),
  );
  return { endpoint: server.endpoint, env, asked, faults, close: () => server.close() };
}

function serviceOf({ url = '', method, headers }: IncomingMessage, body: string): string {
  if (headers['x-amz-target'] !== undefined) return 'dynamodb';
  if (url.startsWith('/federation/credentials')) return 'sso';
  if (url === '/token') return 'oidc';
  if (url === '/v1/token') return 'signin';
  if (url === '/container') return 'container';
  if (method === 'PUT') return 'imds token';
  if (url.endsWith('/security-credentials/')) return 'imds role';
  if (url.endsWith('/security-credentials/plant')) return 'imds';
  return body.includes('Action=AssumeRoleWithWebIdentity') ? 'sts web' : 'sts';
}

const SERVICES: Record<string, (headers: IncomingMessage['headers']) => string> = {
  dynamodb: () => '{"Count":0,"ScannedCount":0}',
  sts: () => assumed('AssumeRole', keysOf('ROLEKEYS')),
  'sts web': () => assumed('AssumeRoleWithWebIdentity', keysOf('WEBKEYS')),
  sso: (headers) => {
    // a renewed session has another token
    const { id, secret, token } = keysOf(headers['x-amz-sso_bearer_token'] === 'renewed' ? 'RENEWEDKEYS' : 'SSOKEYS');
    const roleCredentials = { accessKeyId: id, secretAccessKey: secret, sessionToken: token, expiration: later().getTime() };
    return JSON.stringify({ roleCredentials });
  },
  oidc: () => JSON.stringify({ accessToken: 'renewed', expiresIn: 3_600, refreshToken: 'more', tokenType: 'Bearer' }),
  signin: () => {
    const { id, secret, token } = keysOf('LOGINKEYS');
    const accessToken = { accessKeyId: id, secretAccessKey: secret, sessionToken: token };
    return JSON.stringify({ accessToken, tokenType: 'aws_sigv4', expiresIn: 900, refreshToken: 'more' });
  },
  container: () => metadata(keysOf('CONTAINERKEYS')),
  'imds token': () => 'a-token',
  'imds role': () => 'plant',
  imds: () => metadata(keysOf('INSTANCEKEYS')),
};

function assumed(action: string, { id, secret, token }: Keys): string {
  const credentials = `<Credentials><AccessKeyId>${id}</AccessKeyId><SecretAccessKey>${secret}</SecretAccessKey><SessionToken>${token}</SessionToken><Expiration>${later().toISOString()}</Expiration></Credentials>`;
  const user =
    '<AssumedRoleUser><Arn>arn:aws:sts::111122223333:assumed-role/r/s</Arn><AssumedRoleId>x</AssumedRoleId></AssumedRoleUser>';
  const result = `<${action}Result>${credentials}${user}</${action}Result>`;
  return `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${result}</${action}Response>`;
}

/** An error as STS sends it. */
export function stsError(code: string, message: string): Answer {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status: 403, body: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${error}</ErrorResponse>` };
}

function metadata({ id, secret, token }: Keys): string {
  return JSON.stringify({
    Code: 'Success',
    Type: 'AWS-HMAC',
    AccessKeyId: id,
    SecretAccessKey: secret,
    Token: token,
    Expiration: later().toISOString().replace(/\.\d+/, ''),
  });
}

function send(response: ServerResponse, service: string, { status = 200, body }: Answer): void {
  response.writeHead(status, {
    'x-amzn-requestid': 'AWS0000',
    'content-type': service.startsWith('sts') ? 'text/xml' : 'application/json',
  });
  response.end(body);
}

/** Puts a file into a user's ~/.aws. */
export function awsFile(user: User, path: string, content: string | object): string {
  const file = join(user.env['HOME']!, '.aws', path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

/** What `aws sso login` leaves behind, good for so many milliseconds more. */
export function ssoLogin(user: User, session: string, leftMs: number): void {
  const name = createHash('sha1').update(session).digest('hex');
  const registered = { clientId: 'client', clientSecret: 'secret', refreshToken: 'refresh' };
  awsFile(user, `sso/cache/${name}.json`, { accessToken: 'cached', expiresAt: later(leftMs).toISOString(), ...registered });
}

/** What `aws login` leaves behind. */
export function consoleLogin(user: User, session: string, leftMs: number): void {
  const name = createHash('sha256').update(session).digest('hex');
  const { id, secret, token } = keysOf('CONSOLEKEYS');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  awsFile(user, `login/cache/${name}.json`, {
    accessToken: {
      accessKeyId: id,
      secretAccessKey: secret,
      sessionToken: token,
      accountId: '111122223333',
      expiresAt: later(leftMs).toISOString(),
    },
    clientId: 'arn:aws:signin:::devtools/same-device',
    refreshToken: 'refresh',
    dpopKey: privateKey.export({ type: 'sec1', format: 'pem' }),
  });
}
