import { loadSharedConfigFiles } from '@smithy/core/config';

/** What a profile of the AWS shared configuration says about a target. */
export type SharedProfile = { exists: boolean; region?: string; endpoint?: string };

/** Reads a profile of ~/.aws/config and ~/.aws/credentials (or where AWS_CONFIG_FILE and its sibling point). */
export async function readSharedProfile(profile: string): Promise<SharedProfile> {
  const { configFile, credentialsFile } = await loadSharedConfigFiles();
  const config = configFile[profile] ?? {};
  const credentials = credentialsFile[profile] ?? {};
  const services = config['services'] === undefined ? {} : (configFile[`services.${config['services']}`] ?? {});
  const endpoint = services['dynamodb.endpoint_url'] ?? config['endpoint_url'];
  const region = config['region'] ?? credentials['region'];
  return {
    exists: configFile[profile] !== undefined || credentialsFile[profile] !== undefined,
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

/** Everything that both files say of a profile; undefined where there is none of that name. */
export async function readProfileSettings(profile: string): Promise<Readonly<Record<string, string | undefined>> | undefined> {
  const { configFile, credentialsFile } = await loadSharedConfigFiles();
  if (configFile[profile] === undefined && credentialsFile[profile] === undefined) return undefined;
  return { ...configFile[profile], ...credentialsFile[profile] };
}
