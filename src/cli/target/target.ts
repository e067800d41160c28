import { MqdynError } from '../../domain/errors.ts';
import { isLoopback } from '../../dynamo/loopback.ts';
import type { Settings } from '../config/settings.ts';

/** Which DynamoDB a command works on, and what said so. */
export type Target =
  | { kind: 'embedded'; dataDir: string; source: string; implicit: boolean }
  | {
      kind: 'remote';
      endpoint: string | undefined;
      region: string;
      profile?: string;
      credentials: 'dummy' | 'chain';
      loopback: boolean;
      source: string;
    };

export type TargetInputs = {
  settings: Settings;
  env: NodeJS.ProcessEnv;
  /** Data folder of the embedded engine when no setting names one. */
  defaultDataDir: string;
  allowInsecure: boolean;
  /** Reads a profile of the AWS shared configuration. */
  readProfile(profile: string): Promise<{ exists: boolean; region?: string; endpoint?: string }>;
};

/** What said so where nothing but the shared configuration of AWS names a target. */
const AWS_PROFILE_SOURCES = { endpoint: 'the AWS profile', region: 'AWS profile' };

/** True for the embedded engine and for loopback, where reading a whole table costs nothing. */
export function isLocal(target: Target): boolean {
  return target.kind === 'embedded' || target.loopback;
}

export const COUNTS_AS_OF = 'note: itemCount and sizeBytes may be up to six hours old';

/** True for a target that nobody asked for: a server that the command line names by its file comes first. */
export function isAmbient(target: Target): boolean {
  return target.kind === 'embedded'
    ? target.implicit
    : target.profile === undefined && Object.values(AWS_PROFILE_SOURCES).includes(target.source);
}

/** The region that the backend and its documentation use when nobody names one. */
const BACKEND_REGION = 'us-west-2';

/**
 * Finds the target: our settings, then the AWS variables and profiles, else the embedded engine. An endpoint is always
 * resolved here and never left to the SDK, so that it can be checked and named.
 */
export async function resolveTarget(inputs: TargetInputs): Promise<Target> {
  const { settings, env } = inputs;
  const own = settings['endpoint-url'];
  if (own?.value === 'local') return embedded(inputs, own.source, false);

  const profileName = settings.profile?.value ?? (env['AWS_PROFILE'] || undefined);
  const profile = await inputs.readProfile(profileName ?? 'default');
  if (profileName !== undefined && !profile.exists) {
    const source = settings.profile?.source ?? 'AWS_PROFILE';
    throw new MqdynError(
      'E_CONFIG',
      `profile ${profileName} (set by ${source}) is in neither ~/.aws/config nor ~/.aws/credentials`,
      {
        hint: 'Name an existing profile.',
      },
    );
  }
  const endpoint = own ?? awsEndpoint(env, profile.endpoint);
  const region = settings.region?.value ?? (env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || profile.region);
  if (endpoint === undefined && region === undefined) {
    if (profileName === undefined) return embedded(inputs, 'no target was named', true);
    throw new MqdynError('E_CONFIG', `profile ${profileName} has no region`, { hint: 'Set --region or AWS_REGION.' });
  }
  const source =
    endpoint?.source ??
    settings.region?.source ??
    ['AWS_REGION', 'AWS_DEFAULT_REGION'].find((name) => env[name]) ??
    AWS_PROFILE_SOURCES.region;
  return remote(
    inputs,
    endpoint && { ...endpoint, url: parseEndpoint(endpoint.value) },
    region ?? BACKEND_REGION,
    profileName,
    source,
  );
}

function embedded({ settings, defaultDataDir }: TargetInputs, source: string, implicit: boolean): Target {
  return { kind: 'embedded', dataDir: settings['data-dir']?.value ?? defaultDataDir, source, implicit };
}

function awsEndpoint(env: NodeJS.ProcessEnv, ofProfile: string | undefined): { value: string; source: string } | undefined {
  if (env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true') return undefined;
  for (const source of ['AWS_ENDPOINT_URL_DYNAMODB', 'AWS_ENDPOINT_URL']) {
    const value = env[source];
    if (value) return { value, source };
  }
  return ofProfile === undefined ? undefined : { value: ofProfile, source: AWS_PROFILE_SOURCES.endpoint };
}

async function remote(
  inputs: TargetInputs,
  endpoint: { url: URL; source: string } | undefined,
  region: string,
  profile: string | undefined,
  source: string,
): Promise<Target> {
  const loopback = endpoint !== undefined && (await isLoopback(endpoint.url.hostname));
  // named credentials are wanted even on loopback: DynamoDB Local keeps a database for each key, Alternator checks them
  const named = profile !== undefined || Boolean(inputs.env['AWS_ACCESS_KEY_ID'] && inputs.env['AWS_SECRET_ACCESS_KEY']);
  const credentials = loopback && !named ? 'dummy' : 'chain';
  if (endpoint?.url.protocol === 'http:' && !loopback && !inputs.allowInsecure) {
    throw new MqdynError(
      'E_ENDPOINT_UNSAFE',
      `would send AWS credentials and all data unencrypted to ${endpoint.url.host} (set by ${endpoint.source})`,
    );
  }
  const target = { kind: 'remote', endpoint: endpoint && trimmed(endpoint.url), region, credentials, loopback, source } as const;
  return profile === undefined ? target : { ...target, profile };
}

function parseEndpoint(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '' || url.hostname === '') {
    throw new MqdynError('E_USAGE', '--endpoint-url must be local or http(s)://host[:port] without user:password', {
      hint: 'For example: --endpoint-url http://127.0.0.1:8000',
    });
  }
  return url;
}

function trimmed(url: URL): string {
  return url.href.replace(/\/$/, '');
}
