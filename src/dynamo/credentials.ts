import type { AwsCredentialIdentity, AwsCredentialIdentityProvider, RequestHandler } from '@smithy/types';
import { credentialsFault, noneFound } from './credential-faults.ts';
import { chooseSource, type Source } from './credential-source.ts';

type Caller = { callerClientConfig?: { region?: () => Promise<string>; requestHandler?: RequestHandler<never, never> } };

/** The part of the providers' own arguments that the program sets. */
type Init = { profile?: string; clientConfig: object };

/** Credentials are renewed when they have less than this left, and a renewal that failed is tried again after so long; in ms. */
const RENEW_BEFORE = 300_000;
const RENEW_AGAIN = 30_000;

/**
 * Credentials where AWS's own tools look for them, in the same order: the environment, a profile, a web identity token, the
 * container, the instance. Unlike the SDK's chain it ends at the first source that is set up: a profile whose login has expired is
 * reported, and never replaced by the role of whatever machine this is. Rejects with a ServiceError that names the source.
 */
export function credentialsFor(label: string, profile: string | undefined): AwsCredentialIdentityProvider {
  return renewing(async (caller) => {
    const source = await chooseSource(process.env, profile);
    if (source.kind === 'none') throw noneFound(source, label);
    try {
      const found = await load(source, caller as Caller);
      if (typeof found.accessKeyId !== 'string' || typeof found.secretAccessKey !== 'string') {
        throw new Error('a key id or a secret key that is not a text');
      }
      return found;
    } catch (error) {
      throw credentialsFault(error, source, label);
    }
  });
}

/** Providers are loaded only when used: most runs need one, and a local engine none. */
async function load(source: Source, caller: Caller): Promise<AwsCredentialIdentity> {
  const { requestHandler } = caller.callerClientConfig ?? {};
  // SSO and the like go the way that DynamoDB goes: its time-outs, its proxy
  const init: Init = { clientConfig: requestHandler === undefined ? {} : { requestHandler } };
  if (source.profile !== undefined) init.profile = source.profile;
  switch (source.kind) {
    case 'environment':
      return (await import('@aws-sdk/credential-provider-env')).fromEnv()();
    case 'web identity':
      if (source.profile !== undefined) break;
      return (await import('@aws-sdk/credential-provider-web-identity')).fromTokenFile(init)(caller as never);
    case 'container':
      return (await import('@aws-sdk/credential-provider-http')).fromHttp()();
    case 'instance':
      return (await import('@smithy/credential-provider-imds')).fromInstanceMetadata()();
    default:
  }
  return (await import('@aws-sdk/credential-provider-ini')).fromIni(init)(caller as never);
}

/** Keeps what was found until it is about to expire; while it is still good, a renewal that fails is no fault. */
export function renewing(find: AwsCredentialIdentityProvider): AwsCredentialIdentityProvider {
  let known: AwsCredentialIdentity | undefined;
  let triedAt = -Infinity;
  return async (caller) => {
    const left = known === undefined ? 0 : (known.expiration?.getTime() ?? Infinity) - Date.now();
    if (known !== undefined && (left > RENEW_BEFORE || (left > 0 && performance.now() - triedAt < RENEW_AGAIN))) return known;
    triedAt = performance.now();
    try {
      known = await find(caller);
    } catch (error) {
      if (known === undefined || left <= 0) throw error;
    }
    return known;
  };
}
