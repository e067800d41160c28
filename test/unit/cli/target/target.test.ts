import { describe, expect, it } from 'vitest';
import { mergeSettings, settingsFromEnv, settingsFromFlags, type Settings } from '../../../../src/cli/config/settings.ts';
import { isAmbient, resolveTarget, type Target } from '../../../../src/cli/target/target.ts';

type World = {
  flags?: Record<string, string>;
  env?: NodeJS.ProcessEnv;
  file?: Record<string, string>;
  /** Profiles of the AWS shared configuration. */
  profiles?: Record<string, { region?: string; endpoint?: string }>;
  allowInsecure?: boolean;
};

function target({ flags = {}, env = {}, file = {}, profiles = {}, allowInsecure = false }: World): Promise<Target> {
  const fromFile: Settings = Object.fromEntries(
    Object.entries(file).map(([name, value]) => [name, { value, source: 'config.json' }]),
  );
  return resolveTarget({
    settings: mergeSettings(settingsFromFlags(flags), settingsFromEnv(env), fromFile),
    env,
    defaultDataDir: '/data',
    allowInsecure,
    readProfile: async (name) => ({ exists: name in profiles, ...profiles[name] }),
  });
}

const LOCAL = 'http://127.0.0.1:8000';
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'secret' };
const AWS = 'https://dynamodb.eu-west-1.amazonaws.com';

describe('the target', () => {
  it.each<[string, World, object]>([
    ['nothing named', {}, { kind: 'embedded', dataDir: '/data', implicit: true }],
    ['keys alone name none', { env: KEYS }, { kind: 'embedded', implicit: true }],
    [
      'local by flag',
      { flags: { 'endpoint-url': 'local' }, env: { AWS_REGION: 'eu-west-1' } },
      { kind: 'embedded', implicit: false, source: '--endpoint-url' },
    ],
    ['local by variable', { env: { MQDYN_ENDPOINT_URL: 'local' } }, { kind: 'embedded', source: 'MQDYN_ENDPOINT_URL' }],
    [
      'local by file',
      { file: { 'endpoint-url': 'local', 'data-dir': '/d' } },
      { kind: 'embedded', source: 'config.json', dataDir: '/d' },
    ],
    ['a data folder alone', { flags: { 'data-dir': '/d' } }, { kind: 'embedded', dataDir: '/d', implicit: true }],
    [
      'the flag over the variable',
      { flags: { 'endpoint-url': LOCAL }, env: { MQDYN_ENDPOINT_URL: 'local' } },
      { kind: 'remote', endpoint: LOCAL, source: '--endpoint-url' },
    ],
    [
      'the variable over the file',
      { env: { MQDYN_ENDPOINT_URL: LOCAL }, file: { 'endpoint-url': 'local' } },
      { endpoint: LOCAL, source: 'MQDYN_ENDPOINT_URL' },
    ],
    [
      'the file over the AWS variables',
      { env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }, file: { 'endpoint-url': LOCAL } },
      { endpoint: LOCAL, source: 'config.json' },
    ],
    [
      'the AWS variable of DynamoDB',
      { env: { AWS_ENDPOINT_URL_DYNAMODB: LOCAL, AWS_ENDPOINT_URL: 'http://127.0.0.1:1' } },
      { endpoint: LOCAL, source: 'AWS_ENDPOINT_URL_DYNAMODB' },
    ],
    ['the AWS variable of all services', { env: { AWS_ENDPOINT_URL: LOCAL } }, { endpoint: LOCAL, source: 'AWS_ENDPOINT_URL' }],
    [
      'AWS variables that are to be ignored',
      { env: { AWS_ENDPOINT_URL: LOCAL, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' } },
      { kind: 'embedded' },
    ],
    [
      'the endpoint of a profile',
      { env: { AWS_PROFILE: 'dev' }, profiles: { dev: { endpoint: LOCAL } } },
      { endpoint: LOCAL, profile: 'dev', source: 'the AWS profile' },
    ],
    [
      'the region of the default profile',
      { profiles: { default: { region: 'eu-west-1' } } },
      { kind: 'remote', endpoint: undefined, region: 'eu-west-1', source: 'AWS profile' },
    ],
    [
      'a region is AWS',
      { flags: { region: 'eu-west-1' } },
      { kind: 'remote', endpoint: undefined, region: 'eu-west-1', credentials: 'chain', source: '--region' },
    ],
    ['AWS_REGION', { env: { AWS_REGION: 'a', AWS_DEFAULT_REGION: 'b' } }, { region: 'a', source: 'AWS_REGION' }],
    ['AWS_DEFAULT_REGION', { env: { AWS_DEFAULT_REGION: 'b' } }, { region: 'b' }],
    ['our region over that of AWS', { env: { MQDYN_REGION: 'a', AWS_REGION: 'b' } }, { region: 'a', source: 'MQDYN_REGION' }],
    [
      'the region of the profile',
      { flags: { profile: 'dev' }, profiles: { dev: { region: 'c' } } },
      { region: 'c', profile: 'dev' },
    ],
    [
      'our profile over that of AWS',
      { flags: { profile: 'a' }, env: { AWS_PROFILE: 'b' }, profiles: { a: { region: 'x' } } },
      { profile: 'a' },
    ],
    ['an endpoint without a region', { flags: { 'endpoint-url': LOCAL } }, { region: 'us-west-2' }],
    [
      'empty variables are none',
      { env: { AWS_REGION: '', AWS_PROFILE: '', AWS_ENDPOINT_URL: '', MQDYN_ENDPOINT_URL: '' } },
      { kind: 'embedded', implicit: true },
    ],
    ['an empty AWS_REGION hides no other', { env: { AWS_REGION: '', AWS_DEFAULT_REGION: 'b' } }, { region: 'b' }],
    ['a slash at the end', { flags: { 'endpoint-url': `${LOCAL}/` } }, { endpoint: LOCAL }],
  ])('%s', async (_, world, expected) => {
    expect(await target(world)).toMatchObject(expected);
  });

  it.each<[string, World, object]>([
    ['loopback without credentials', { flags: { 'endpoint-url': LOCAL } }, { credentials: 'dummy', loopback: true }],
    ['loopback by name', { flags: { 'endpoint-url': 'http://localhost:8000' } }, { credentials: 'dummy', loopback: true }],
    ['any of 127.0.0.0/8', { flags: { 'endpoint-url': 'http://127.8.9.10:8000' } }, { loopback: true }],
    ['IPv6 loopback', { flags: { 'endpoint-url': 'http://[::1]:8000' } }, { loopback: true }],
    [
      'loopback with keys that were named',
      { flags: { 'endpoint-url': LOCAL }, env: KEYS },
      { credentials: 'chain', loopback: true },
    ],
    [
      'loopback with half a pair of keys',
      { flags: { 'endpoint-url': LOCAL }, env: { AWS_ACCESS_KEY_ID: 'x' } },
      { credentials: 'dummy' },
    ],
    [
      'loopback with a profile',
      { flags: { 'endpoint-url': LOCAL, profile: 'a' }, profiles: { a: {} } },
      { credentials: 'chain' },
    ],
    ['https anywhere', { flags: { 'endpoint-url': AWS } }, { credentials: 'chain', loopback: false }],
    [
      'http elsewhere where allowed',
      { flags: { 'endpoint-url': 'http://10.0.0.7:8000' }, allowInsecure: true },
      { credentials: 'chain', loopback: false },
    ],
  ])('%s', async (_, world, expected) => {
    expect(await target(world)).toMatchObject(expected);
  });

  it.each([
    'http://10.0.0.7:8000',
    'http://127.evil.example',
    'http://0.0.0.0:8000',
    'http://[::2]:1',
    'http://[::ffff:10.0.0.7]:1',
  ])('sends no credentials to %s', async (endpoint) => {
    await expect(target({ env: { AWS_ENDPOINT_URL: endpoint } })).rejects.toMatchObject({
      code: 'E_ENDPOINT_UNSAFE',
      exit: 11,
      message: `would send AWS credentials and all data unencrypted to ${new URL(endpoint).host} (set by AWS_ENDPOINT_URL)`,
    });
  });

  it.each([
    'localhost:8000',
    '127.0.0.1',
    'ftp://127.0.0.1',
    'http://user:pw@127.0.0.1',
    'http://user@127.0.0.1',
    'http://',
    'Local',
    'x',
  ])('takes %j for no endpoint', async (endpoint) => {
    await expect(target({ flags: { 'endpoint-url': endpoint } })).rejects.toMatchObject({ code: 'E_USAGE', exit: 2 });
  });

  it('never shows a password that stands in an endpoint', async () => {
    await expect(target({ flags: { 'endpoint-url': 'http://user:hunter2@127.0.0.1' } })).rejects.not.toThrow(/hunter2/);
  });

  it.each<[World, string]>([
    [{ flags: { profile: 'none' } }, 'profile none (set by --profile) is in neither ~/.aws/config nor ~/.aws/credentials'],
    [{ env: { AWS_PROFILE: 'none' } }, 'profile none (set by AWS_PROFILE) is in neither ~/.aws/config nor ~/.aws/credentials'],
    [{ flags: { profile: 'dev' }, profiles: { dev: {} } }, 'profile dev has no region'],
  ])('%j', async (world, message) => {
    await expect(target(world)).rejects.toMatchObject({ code: 'E_CONFIG', exit: 4, message });
  });
});

describe('a target that nothing names', () => {
  it('is one that only the shared configuration of AWS names, or none at all (fault 23)', async () => {
    const ambient = async (world: World) => isAmbient(await target(world));
    const profiles = { default: { region: 'eu-west-1' }, ops: { region: 'eu-west-1' } };
    expect(await ambient({})).toBe(true);
    expect(await ambient({ profiles })).toBe(true);
    expect(await ambient({ profiles, flags: { profile: 'ops' } })).toBe(false);
    expect(await ambient({ env: { AWS_REGION: 'eu-west-1' } })).toBe(false);
    expect(await ambient({ flags: { 'endpoint-url': LOCAL } })).toBe(false);
  });

  it('tells the region as it was named (fault 12)', async () => {
    expect(await target({ env: { AWS_DEFAULT_REGION: 'eu-west-1' } })).toMatchObject({ source: 'AWS_DEFAULT_REGION' });
    expect(await target({ env: { AWS_DEFAULT_REGION: 'x', AWS_REGION: 'eu-west-1' } })).toMatchObject({ source: 'AWS_REGION' });
  });
});
