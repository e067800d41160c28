import { readProfileSettings } from './shared-config.ts';

export type SourceKind =
  'environment' | 'keys' | 'role' | 'web identity' | 'process' | 'SSO' | 'login' | 'container' | 'instance' | 'none';

/** Where credentials come from. */
export type Source = {
  kind: SourceKind;
  /** The profile that says so, or that was looked at in vain. */
  profile?: string;
  /** Of a role: where the credentials come from that it is assumed with. */
  base?: Source;
  /** Nothing points to the instance; it is the last place to look. */
  guessed?: boolean;
};

type Settings = Readonly<Record<string, string | undefined>>;

/**
 * The first source that is set up. Source: AWS SDKs and tools reference guide, "Standardized credential providers", and for a
 * named profile, which outranks the keys of the environment, the SDK for JavaScript.
 */
export async function chooseSource(env: NodeJS.ProcessEnv, named: string | undefined): Promise<Source> {
  if (named === undefined && env['AWS_ACCESS_KEY_ID'] && env['AWS_SECRET_ACCESS_KEY']) return { kind: 'environment' };
  const profile = named ?? 'default';
  const kind = kindOf((await readProfileSettings(profile)) ?? {});
  if (kind === 'role') return { kind, profile, base: await baseOf(profile, []) };
  if (kind !== undefined) return { kind, profile };
  if (env['AWS_WEB_IDENTITY_TOKEN_FILE'] && env['AWS_ROLE_ARN']) return { kind: 'web identity' };
  if (env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'] || env['AWS_CONTAINER_CREDENTIALS_FULL_URI']) return { kind: 'container' };
  const off = env['AWS_EC2_METADATA_DISABLED'];
  if (off && off !== 'false') return { kind: 'none', profile };
  return { kind: 'instance', profile, guessed: !env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] };
}

/** What a profile is set up for; undefined for one without a word about credentials. */
function kindOf(settings: Settings): SourceKind | undefined {
  const has = (...names: string[]) => names.some((name) => settings[name] !== undefined);
  if (has('role_arn') && has('source_profile', 'credential_source')) return 'role';
  if (has('aws_access_key_id', 'aws_secret_access_key')) return 'keys';
  if (has('web_identity_token_file')) return 'web identity';
  if (has('credential_process')) return 'process';
  if (has('sso_session', 'sso_start_url', 'sso_account_id', 'sso_region', 'sso_role_name')) return 'SSO';
  if (has('login_session')) return 'login';
  return has('role_arn', 'source_profile', 'credential_source') ? 'role' : undefined;
}

const CREDENTIAL_SOURCES: Readonly<Record<string, SourceKind>> = {
  EcsContainer: 'container',
  Ec2InstanceMetadata: 'instance',
  Environment: 'environment',
};

/** Where a role begins; profiles that name each other in a circle begin nowhere. */
async function baseOf(profile: string, seen: readonly string[]): Promise<Source> {
  const settings = (await readProfileSettings(profile)) ?? {};
  const { source_profile: source, credential_source: other } = settings;
  const kind = kindOf(settings) ?? 'none';
  if (kind !== 'role') return { kind, profile };
  // a profile may be the source of itself, by its own keys
  if (seen.includes(profile)) return { kind: settings['aws_access_key_id'] === undefined ? 'none' : 'keys', profile };
  if (source !== undefined) return baseOf(source, [...seen, profile]);
  return { kind: CREDENTIAL_SOURCES[other ?? ''] ?? 'none', profile };
}
