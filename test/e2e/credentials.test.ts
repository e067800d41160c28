import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { awsFile, consoleLogin, ssoLogin, startAws, stsError, type Aws } from '../harness/aws-services.ts';
import { closedEndpoint } from '../harness/loopback.ts';
import { makeUser, runBin, type BinResult, type User } from '../harness/run-bin.ts';

const HOUR = 3_600_000;

let aws: Aws;
let closed: string;
let user: User;

beforeAll(async () => {
  aws = await startAws();
  closed = await closedEndpoint();
});
afterAll(() => aws.close());
afterEach(() => {
  aws.asked.length = 0;
  for (const service of Object.keys(aws.faults)) delete aws.faults[service];
  user.remove();
});

const STATIC = 'aws_access_key_id = STATICKEYS\naws_secret_access_key = s\n';
const SSO = `sso_account_id = 111122223333\nsso_role_name = admin\n`;
const SESSION = `[sso-session plant]\nsso_start_url = https://plant.example/start\nsso_region = eu-west-1\n`;
const ROLE = 'role_arn = arn:aws:iam::111122223333:role/plant\n';

type Setting = {
  config?: string;
  env?: NodeJS.ProcessEnv;
  prepare?: () => void;
  profile?: string;
};

async function scan({ config = '', env = {}, prepare, profile = 'plant' }: Setting): Promise<BinResult> {
  user = makeUser();
  awsFile(user, 'config', `[profile plant]\nregion = eu-west-1\n${config}`);
  prepare?.();
  return runBin(user, ['scan', 'mqtt_msg', '--count', '--profile', profile], {
    env: { ...aws.env, AWS_EC2_METADATA_SERVICE_ENDPOINT: aws.endpoint, AWS_EC2_METADATA_DISABLED: 'false', ...env },
  });
}

/** The set-up of a provider, the key id that must reach DynamoDB, and the services that must have been called before. */
const PROVIDERS: [name: string, setting: Setting, keyId: string, asked: string[]][] = [
  ['a profile with keys', { config: STATIC }, 'STATICKEYS', []],
  [
    'a profile of ~/.aws/credentials',
    { prepare: () => awsFile(user, 'credentials', '[plant]\naws_access_key_id = FILEKEYS\naws_secret_access_key = s\n') },
    'FILEKEYS',
    [],
  ],
  [
    'credential_process',
    {
      config: 'credential_process = "/bin/sh" -c "cat $HOME/keys.json"\n',
      prepare: () =>
        writeFileSync(
          join(user.env['HOME']!, 'keys.json'),
          JSON.stringify({ Version: 1, AccessKeyId: 'PROCESSKEYS', SecretAccessKey: 's', SessionToken: 't' }),
        ),
    },
    'PROCESSKEYS',
    [],
  ],
  ['a role by source profile', { config: `${ROLE}source_profile = base\n[profile base]\n${STATIC}` }, 'ROLEKEYS', ['sts']],
  [
    'a role by the environment',
    { config: `${ROLE}credential_source = Environment\n`, env: { AWS_ACCESS_KEY_ID: 'ENVKEYS', AWS_SECRET_ACCESS_KEY: 's' } },
    'ROLEKEYS',
    ['sts'],
  ],
  [
    'a role by the instance',
    { config: `${ROLE}credential_source = Ec2InstanceMetadata\n` },
    'ROLEKEYS',
    ['imds token', 'imds role', 'imds', 'sts'],
  ],
  [
    'a role whose source profile is by SSO',
    {
      config: `${ROLE}source_profile = base\n[profile base]\nsso_session = plant\n${SSO}${SESSION}`,
      prepare: () => ssoLogin(user, 'plant', HOUR),
    },
    'ROLEKEYS',
    ['sso', 'sts'],
  ],
  [
    'a web identity of a profile',
    {
      config: `${ROLE}web_identity_token_file = TOKEN\n`,
      prepare: () => {
        const token = awsFile(user, 'token', 'a.web.token');
        awsFile(user, 'config', `[profile plant]\nregion = eu-west-1\n${ROLE}web_identity_token_file = ${token}\n`);
      },
    },
    'WEBKEYS',
    ['sts web'],
  ],
  [
    'a web identity of the environment',
    {
      env: { AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/plant', AWS_WEB_IDENTITY_TOKEN_FILE: '.aws/token' },
      prepare: () => {
        user.folder = user.env['HOME']!;
        awsFile(user, 'token', 'a.web.token');
      },
    },
    'WEBKEYS',
    ['sts web'],
  ],
  ['a container', { env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'ENDPOINT/container' } }, 'CONTAINERKEYS', ['container']],
  ['an instance (IMDSv2)', {}, 'INSTANCEKEYS', ['imds token', 'imds role', 'imds']],
  [
    'SSO, cached',
    { config: `sso_session = plant\n${SSO}${SESSION}`, prepare: () => ssoLogin(user, 'plant', HOUR) },
    'SSOKEYS',
    ['sso'],
  ],
  [
    'SSO without a session section, cached',
    {
      config: `sso_start_url = https://plant.example/start\nsso_region = eu-west-1\n${SSO}`,
      prepare: () => ssoLogin(user, 'https://plant.example/start', HOUR),
    },
    'SSOKEYS',
    ['sso'],
  ],
  [
    'SSO, refreshed',
    { config: `sso_session = plant\n${SSO}${SESSION}`, prepare: () => ssoLogin(user, 'plant', -HOUR) },
    'RENEWEDKEYS',
    ['oidc', 'sso'],
  ],
  [
    'aws login, cached',
    {
      config: 'login_session = arn:aws:iam::111122223333:user/me\n',
      prepare: () => consoleLogin(user, 'arn:aws:iam::111122223333:user/me', HOUR),
    },
    'CONSOLEKEYS',
    [],
  ],
  [
    'aws login, refreshed',
    {
      config: 'login_session = arn:aws:iam::111122223333:user/me\n',
      prepare: () => consoleLogin(user, 'arn:aws:iam::111122223333:user/me', -HOUR),
    },
    'LOGINKEYS',
    ['signin'],
  ],
];

/** Replaces the placeholders for endpoints in the settings. */
function here(setting: Setting, endpoint: string): Setting {
  const env = Object.entries(setting.env ?? {}).map(([name, value]) => [name, value?.replace('ENDPOINT', endpoint)]);
  return { ...setting, env: Object.fromEntries(env) as NodeJS.ProcessEnv };
}

describe('credentials are found by every provider of AWS', () => {
  it.each(PROVIDERS)('%s', async (_, setting, keyId, asked) => {
    const { code, stderr } = await scan(here(setting, aws.endpoint));
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('mqdyn:') as string]);
    expect(aws.asked.map(({ service }) => service)).toEqual([...asked, 'dynamodb']);
    const { headers } = aws.asked.at(-1)!;
    expect(headers['authorization']).toContain(`Credential=${keyId}/`);
    if (asked.length > 0) expect(headers['x-amz-security-token']).toBe(`token-of-${keyId}`);
    expect(headers['user-agent']).toMatch(/ app\/mqdyn( |$)/);
  });

  it('the environment', async () => {
    user = makeUser();
    const env = { ...aws.env, AWS_ACCESS_KEY_ID: 'ENVKEYS', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't' };
    expect((await runBin(user, ['scan', 'mqtt_msg', '--count'], { env })).code).toBe(0);
    expect(aws.asked.map(({ headers }) => headers['authorization'])).toEqual([expect.stringContaining('Credential=ENVKEYS/')]);
    expect(aws.asked[0]!.headers['x-amz-security-token']).toBe('t');
  });
});

const GONE = (...names: string[]) => Object.fromEntries(names.map((name) => [`AWS_ENDPOINT_URL_${name}`, 'CLOSED']));
const BY_ROLE = `${ROLE}source_profile = base\n[profile base]\n${STATIC}`;
const BY_SSO = `sso_session = plant\n${SSO}${SESSION}`;
const BY_LOGIN = 'login_session = me\n';

type Case = [name: string, setting: Setting & { faults?: Aws['faults'] }, code: number, said: RegExp[]];

/** What goes wrong, the exit code, and what the message must hold. */
const CASES: Case[] = [
  [
    'an SSO session that has expired and cannot be renewed',
    {
      config: BY_SSO,
      prepare: () => ssoLogin(user, 'plant', -HOUR),
      faults: { oidc: { status: 400, body: '{"error":"invalid_grant"}' } },
    },
    6,
    [
      /E_CREDENTIALS: profile "plant" \(SSO\) gave none: Token is expired\. To refresh this SSO session/,
      /Run: aws sso login --profile plant/,
    ],
  ],
  [
    'nobody logged in by SSO',
    { config: BY_SSO },
    6,
    [/E_CREDENTIALS: profile "plant" \(SSO\) gave none: The SSO session token .* was not found or is invalid/, /aws sso login/],
  ],
  [
    'a role that SSO does not give',
    {
      config: BY_SSO,
      prepare: () => ssoLogin(user, 'plant', HOUR),
      faults: { sso: { status: 403, body: '{"message":"No access"}' } },
    },
    6,
    [/E_CREDENTIALS: profile "plant" \(SSO\) gave none: .*No access/],
  ],
  [
    'SSO that is not there',
    { config: BY_SSO, prepare: () => ssoLogin(user, 'plant', HOUR), env: GONE('SSO') },
    5,
    [/E_ENDPOINT: cannot reach SSO for the credentials of profile "plant" \(SSO\) \(.*ECONNREFUSED/],
  ],
  [
    'SSO of a source profile that is not there',
    {
      config: `${ROLE}source_profile = base\n[profile base]\n${BY_SSO}`,
      prepare: () => ssoLogin(user, 'plant', HOUR),
      env: GONE('SSO'),
    },
    5,
    [/E_ENDPOINT: cannot reach SSO for the credentials of profile "plant" \(role\)/],
  ],
  [
    'nobody logged in by SSO for a source profile',
    { config: `${ROLE}source_profile = base\n[profile base]\n${BY_SSO}` },
    6,
    [/E_CREDENTIALS: profile "plant" \(role\) gave none: The SSO session token/, /Run: aws sso login --profile base/],
  ],
  [
    'STS refuses the role',
    {
      config: BY_ROLE,
      faults: { sts: stsError('AccessDenied', 'User: arn:aws:iam::1:user/me is not authorized to perform: sts:AssumeRole') },
    },
    6,
    [/E_DENIED: sts:AssumeRole for profile "plant" \(role\): User: .* is not authorized to perform: sts:AssumeRole/],
  ],
  [
    'STS does not know the keys',
    {
      config: BY_ROLE,
      faults: { sts: stsError('InvalidClientTokenId', 'The security token included in the request is invalid.') },
    },
    6,
    [/E_CREDENTIALS: profile "plant" \(role\) gave none: The security token included in the request is invalid/],
  ],
  [
    'STS that is not there',
    { config: BY_ROLE, env: GONE('STS') },
    5,
    [/E_ENDPOINT: cannot reach STS for the credentials of profile "plant" \(role\) \(.*ECONNREFUSED/],
  ],
  [
    'STS that fails',
    { config: BY_ROLE, faults: { sts: { ...stsError('InternalFailure', 'sorry'), status: 500 } } },
    5,
    [/E_SERVICE: STS failed with 500/],
  ],
  [
    'a role that wants a second factor',
    { config: BY_ROLE.replace('source_profile', 'mfa_serial = arn:aws:iam::1:mfa/me\nsource_profile') },
    6,
    [
      /E_CREDENTIALS: profile "plant" \(role\) gave none: Profile plant requires multi-factor authentication/,
      /aws configure export-credentials/,
    ],
  ],
  [
    'a source profile that is not there',
    { config: `${ROLE}source_profile = nobody\n` },
    6,
    [/E_CREDENTIALS: profile "plant" \(role\) gave none: Could not resolve credentials using profile: \[nobody\]/],
  ],
  [
    'profiles in a circle',
    { config: `${ROLE}source_profile = other\n[profile other]\n${ROLE}source_profile = plant\n` },
    6,
    [/E_CREDENTIALS: profile "plant" \(role\) gave none: Detected a cycle/],
  ],
  [
    'a credential_process that fails',
    { config: 'credential_process = "/bin/sh" -c "echo no vault here >&2; exit 1"\n' },
    6,
    [/E_CREDENTIALS: profile "plant" \(credential_process\) gave none: Command failed/, /no vault here/],
  ],
  [
    'a credential_process that gives numbers',
    {
      config: `credential_process = "/bin/sh" -c "cat $HOME/keys.json"\n`,
      prepare: () => writeFileSync(join(user.env['HOME']!, 'keys.json'), '{"Version":1,"AccessKeyId":1,"SecretAccessKey":2}'),
    },
    6,
    [/E_CREDENTIALS: profile "plant" \(credential_process\) gave none: a key id/],
  ],
  [
    'a web identity token that is not there',
    { config: `${ROLE}web_identity_token_file = /nonexistent/token\n` },
    6,
    [/E_CREDENTIALS: profile "plant" \(web identity\) gave none: ENOENT/],
  ],
  [
    'aws login that has expired',
    {
      config: BY_LOGIN,
      prepare: () => consoleLogin(user, 'me', -HOUR),
      faults: { signin: { status: 400, body: '{"__type":"AccessDeniedException","error":"TOKEN_EXPIRED","message":"x"}' } },
    },
    6,
    [/E_CREDENTIALS: profile "plant" \(aws login\) gave none: Your session has expired/, /Run: aws login --profile plant/],
  ],
  [
    'AWS sign-in that is not there',
    { config: BY_LOGIN, prepare: () => consoleLogin(user, 'me', -HOUR), env: GONE('SIGNIN') },
    5,
    [/E_ENDPOINT: cannot reach AWS sign-in for the credentials of profile "plant" \(aws login\)/],
  ],
  [
    'a container service that is not there',
    { env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'CLOSED/container' } },
    5,
    [/E_ENDPOINT: cannot reach the credentials service of the container .*ECONNREFUSED/],
  ],
  [
    'an instance metadata service that is named and not there',
    { env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'CLOSED' } },
    5,
    [/E_ENDPOINT: cannot reach the instance metadata service .*Unable to connect to instance metadata service/],
  ],
  [
    'an instance without a role',
    { faults: { 'imds role': { status: 404, body: '' } } },
    6,
    [/E_CREDENTIALS: the instance metadata service gave none: Error response received from instance metadata service/],
  ],
  [
    'nothing at all',
    { env: { AWS_EC2_METADATA_DISABLED: 'true' } },
    6,
    [
      /E_CREDENTIALS: none found for eu-west-1 at .* \(environment, profile "plant", container; instance metadata is switched off\)/,
    ],
  ],
];

describe("missing credentials are reported with their source and the SDK's own message", () => {
  it.each(CASES)('%s', async (_, { faults, ...setting }, code, said) => {
    Object.assign(aws.faults, faults);
    const env = Object.entries(setting.env ?? {}).map(([name, value]) => [name, value?.replace('CLOSED', closed)]);
    const result = await scan({ ...setting, env: Object.fromEntries(env) as NodeJS.ProcessEnv });
    expect([result.code, result.stderr]).toEqual([code, expect.stringMatching(said[0]!) as string]);
    for (const words of said) expect(result.stderr).toMatch(words);
    expect(result.stderr).not.toContain('Is DynamoDB running?');
    expect(aws.asked.filter(({ service }) => service === 'dynamodb')).toEqual([]);
  });
});
