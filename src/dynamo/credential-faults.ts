import type { ErrorCode } from '../domain/errors.ts';
import { clip, networkCode, isTls, ServiceError, type FaultClass, type SdkError } from './errors.ts';
import type { Source, SourceKind } from './credential-source.ts';
import { networkHint } from './network-hint.ts';

/** What a source asks, in words. */
const SERVICES: { readonly [kind in SourceKind]?: string } = {
  role: 'STS',
  'web identity': 'STS',
  SSO: 'SSO',
  login: 'AWS sign-in',
  container: 'the credentials service of the container',
  instance: 'the instance metadata service',
};

/** Sentences of the SDK that tell of a way that is not there; it hands on some faults as their text alone. */
const NO_WAY =
  /\b(?:ECONN[A-Z]+|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EPIPE|ETIMEDOUT|ERR_PROXY_TUNNEL|TimeoutError)\b|Unable to connect/;

/** Why a source that is set up gave no credentials: with the SDK's own sentence, and with what it asked where that failed. */
export function credentialsFault(thrown: unknown, source: Source, label: string): ServiceError {
  const error = (thrown instanceof Error ? thrown : new Error(String(thrown))) as SdkError;
  if (source.guessed) return noneFound(source, label, error);
  const serviceMessage = clip(error.message);
  const whose = nameOf(source);
  const make = (code: ErrorCode, message: string, fault: FaultClass, hint?: string) =>
    new ServiceError(code, message, { service: error.name, fault, serviceMessage, cause: error, hint });
  const status = error.$metadata?.httpStatusCode;
  // what comes back as it was is from STS; the other services' faults come in a provider's words
  const service =
    source.kind === 'role' && source.base !== undefined && status === undefined && isProviders(error)
      ? SERVICES[source.base.kind]
      : SERVICES[source.kind];

  if (service !== undefined && isTls(error))
    return make('E_TLS', `no secure connection to ${service} (${error.code ?? serviceMessage})`, 'final');
  const code = networkCode(error);
  if (service !== undefined && (code !== undefined || error.name === 'TimeoutError' || NO_WAY.test(serviceMessage))) {
    return make(
      'E_ENDPOINT',
      `cannot reach ${service} for the credentials of ${whose} (${serviceMessage || code})`,
      'transient',
      networkHint(),
    );
  }
  if (status !== undefined && (status >= 500 || /throttl/i.test(error.name))) {
    return make('E_SERVICE', `${service} failed with ${status} ${error.name} (${serviceMessage})`, 'transient');
  }
  if (error.name.startsWith('AccessDenied')) {
    const action = { role: 'sts:AssumeRole', 'web identity': 'sts:AssumeRoleWithWebIdentity' }[source.kind as string] ?? service;
    return make('E_DENIED', `${action} for ${whose}: ${serviceMessage}`, 'final');
  }
  return make('E_CREDENTIALS', `${whose} gave none: ${serviceMessage}`, 'final', remedy(source, serviceMessage));
}

/** Nothing is set up, or nothing but the instance, which says nothing. */
export function noneFound({ kind, profile }: Source, label: string, cause?: SdkError): ServiceError {
  const instance =
    kind === 'none' ? 'instance metadata is switched off' : `instance metadata: ${clip(cause?.message ?? '').replace(/\.$/, '')}`;
  return new ServiceError(
    'E_CREDENTIALS',
    `none found for ${label} (environment, profile "${profile}", container; ${instance})`,
    {
      service: 'CredentialsProviderError',
      fault: 'final',
      serviceMessage: cause?.message ?? '',
      cause,
    },
  );
}

function isProviders({ name }: Error): boolean {
  return /Provider|InstanceMetadata/.test(name);
}

function nameOf({ kind, profile }: Source): string {
  const how = { process: 'credential_process', login: 'aws login', keys: 'keys' }[kind as string] ?? kind;
  if (kind === 'environment') return 'the environment';
  if (kind === 'instance' || kind === 'container') return SERVICES[kind] ?? kind;
  return profile === undefined ? `the ${how} of the environment` : `profile "${profile}" (${how})`;
}

function remedy(source: Source, serviceMessage: string): string {
  if (/multi-factor/i.test(serviceMessage)) {
    return `Let the AWS CLI ask for the code: eval "$(aws configure export-credentials --profile ${source.profile} --format env)"`;
  }
  const { kind, profile } = source.base ?? source;
  if (kind === 'SSO') return `Run: aws sso login --profile ${profile}`;
  if (kind === 'login') return `Run: aws login --profile ${profile}`;
  return 'Correct it, or name another profile with --profile.';
}
