import { MqdynError, type ErrorCode } from '../domain/errors.ts';
import { TABLES } from '../domain/records/tables.ts';
import { suggest } from '../domain/suggest.ts';
import { dynamoHint, httpsProxy } from './network-hint.ts';

/** A reply that no DynamoDB would send. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  /** True where what answers is no DynamoDB at all, so that nothing gets better by waiting. */
  readonly isForeign: boolean;
  /** What the SDK asks before it retries. */
  readonly $retryable: { throttling: boolean } | undefined;

  constructor(message: string, { isForeign = false, cause }: { isForeign?: boolean; cause?: unknown } = {}) {
    super(message, { cause });
    this.isForeign = isForeign;
    this.$retryable = isForeign ? undefined : { throttling: false };
  }
}

/** How a failed call is to be taken. Source: faults, section 4.2. */
export type FaultClass = 'transient' | 'throttle' | 'protocol' | 'rejected' | 'final';

/** What may be known of an error of the SDK. */
export type SdkError = Error & {
  code?: string;
  $metadata?: { httpStatusCode?: number; clockSkewCorrected?: boolean };
  $response?: { statusCode?: number };
};

type Make = (code: ErrorCode, message: string, fault: FaultClass, hint?: string) => ServiceError;

type Call = {
  operation: string;
  table: string | undefined;
  target: { label: string; endpoint?: string; region: string; profile?: string; dummyKeys?: boolean };
  keyId?: string | undefined;
};

const MAX_SERVICE_MESSAGE = 300;

const PROXY_HINT = 'The proxy is set by HTTPS_PROXY; NO_PROXY lists the hosts that are reached without it.';

const THROTTLE = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'RequestLimitExceeded',
  'TooManyRequestsException',
]);
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
]);
const CREDENTIALS = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'MissingAuthenticationTokenException',
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
]);

/** Service errors that a retry loop, a view or a table command looks at are told apart by this name. */
export class ServiceError extends MqdynError {
  readonly service: string;
  readonly fault: FaultClass;
  /** What the service itself said. */
  readonly serviceMessage: string;

  constructor(
    code: ErrorCode,
    message: string,
    facts: {
      service: string;
      fault: FaultClass;
      serviceMessage: string;
      cause: unknown;
      hint?: string | undefined;
      exit?: number;
    },
  ) {
    super(code, message, facts);
    this.service = facts.service;
    this.fault = facts.fault;
    this.serviceMessage = facts.serviceMessage;
  }
}

/** A list in pages whose next page is the one that was just read: asked for again it would never end. */
export function notAdvancing(what: string): MqdynError {
  return new MqdynError('E_PROTOCOL', `${what} does not advance (the same page twice)`, { exit: 5 });
}

/** True when the service answered with this error. */
export function isService(error: unknown, name: string): error is ServiceError {
  return error instanceof ServiceError && error.service === name;
}

/** True for the refusal of what was sent: it will never be taken. */
export function isRejected(error: unknown): error is ServiceError {
  return error instanceof ServiceError && error.fault === 'rejected';
}

/** True for the refusal of credentials that were found and sent. */
export function isAboutCredentials(error: unknown): boolean {
  return error instanceof Error && CREDENTIALS.has(error.name);
}

/** Turns whatever a call of the SDK threw into our error; a fault of this program comes back unchanged. */
export function toMqdynError(thrown: unknown, call: Call): unknown {
  if (!(thrown instanceof Error) || thrown instanceof ServiceError) return thrown;
  const error = thrown as SdkError;
  const serviceMessage = clip(error.message);
  const make = (code: ErrorCode, message: string, fault: FaultClass, hint?: string) =>
    new ServiceError(code, message, { service: error.name, fault, serviceMessage, cause: error, hint });
  const { operation, target } = call;
  const { label } = target;

  if (error instanceof ProtocolError) return protocol(error, `${label} ${serviceMessage}`);
  if (error.$metadata?.clockSkewCorrected)
    return make('E_CLOCK', `the clock of ${label} differs from this one (${serviceMessage})`, 'transient');
  if (THROTTLE.has(error.name))
    return make('E_THROTTLED', `${operation}${on(call)} was throttled (${serviceMessage})`, 'throttle');
  if (CREDENTIALS.has(error.name)) return credentials(error, call, make);
  if (error.name === 'AccessDeniedException')
    return make('E_DENIED', `dynamodb:${operation}${on(call)}: ${serviceMessage}`, 'final');
  if (error.name === 'ResourceNotFoundException') {
    const { message, hint } = missingTable(call.table ?? 'the table', target);
    return make('E_NO_TABLE', message, 'final', hint);
  }
  if (error.name === 'ValidationException') {
    return make('E_USAGE', `DynamoDB refused ${operation}${on(call)}: ${serviceMessage}`, 'rejected', 'Nothing was done.');
  }
  if (error.name === 'UnknownOperationException') {
    return make('E_UNSUPPORTED', `${label} does not support ${operation}`, 'final');
  }
  const network = networkCode(error);
  // the SDK calls a lost connection a time-out too; its errno tells the two apart
  if (error.name === 'TimeoutError' && (network === undefined || network === 'ETIMEDOUT')) {
    return make('E_TIMEOUT', `${label}: no reply to ${operation} (${serviceMessage})`, 'transient');
  }
  if (error.code === 'ERR_PROXY_TUNNEL') {
    return make(
      'E_ENDPOINT',
      `the proxy ${httpsProxy()} does not connect to ${label} (${serviceMessage})`,
      'transient',
      PROXY_HINT,
    );
  }
  if (network !== undefined) {
    return make('E_ENDPOINT', `cannot reach ${label} (${network})`, 'transient', dynamoHint(network, target));
  }
  if (error.name === 'EndpointError')
    return make('E_CONFIG', serviceMessage, 'final', 'Correct the AWS variables or the profile.');
  if (isTls(error)) return make('E_TLS', `no secure connection to ${label} (${error.code ?? serviceMessage})`, 'final');
  const status = error.$metadata?.httpStatusCode ?? error.$response?.statusCode;
  if (status !== undefined && status >= 500) {
    return make('E_SERVICE', `${operation}${on(call)} failed with ${status} ${error.name} (${serviceMessage})`, 'transient');
  }
  if (status !== undefined || error.name.endsWith('Exception')) {
    return make('E_SERVICE', `${operation}${on(call)} failed: ${error.name} (${serviceMessage})`, 'final');
  }
  return error;
}

/** A stranger in the place of DynamoDB is a wrong endpoint; a reply that was garbled on the way may be whole the next time. */
function protocol(error: ProtocolError, message: string): ServiceError {
  const facts = { service: error.name, serviceMessage: error.message, cause: error };
  if (error.isForeign) return new ServiceError('E_PROTOCOL', message, { ...facts, fault: 'protocol' });
  return new ServiceError('E_PROTOCOL', message, { ...facts, fault: 'transient', exit: 5 });
}

/** What a user of dummy keys has to know where tables do not show. */
export const DUMMY_KEYS_HIDE =
  'the keys are dummy ones, and DynamoDB Local without -sharedDb keeps the tables of each access key and region apart; ' +
  'set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION to those of the broker';

/** What to say about a table that is not there. A name that is nearly one of the backend's was probably meant as it. */
export function missingTable(
  table: string,
  { label, dummyKeys }: { label: string; dummyKeys?: boolean | undefined },
): { message: string; hint?: string } {
  const message = `${table} not found in ${label}`;
  const meant = TABLES.some((name) => table.endsWith(name)) ? undefined : suggest(table, TABLES);
  if (meant !== undefined) return { message, hint: `Did you mean ${meant}?` };
  return dummyKeys ? { message, hint: `Run: mqdyn tables create. If it exists: ${DUMMY_KEYS_HIDE}.` } : { message };
}

function credentials(error: SdkError, { target: { label, profile }, keyId }: Call, make: Make): ServiceError {
  if (/signature not yet current|signature expired|request time|clock/i.test(error.message)) {
    const minutes = clockGap(error.message);
    const gap = minutes === undefined ? `(${clip(error.message)})` : `by ${minutes} min`;
    return make('E_CLOCK', `this clock and that of ${label} differ ${gap}`, 'final');
  }
  if (error.name.startsWith('ExpiredToken')) {
    return make(
      'E_CREDENTIALS',
      `the session token has expired (${label})`,
      'final',
      'Renew it, then run the same command again.',
    );
  }
  const who = [profile === undefined ? undefined : `profile "${profile}"`, keyId && `key id ...${keyId.slice(-4)}`];
  const whose = who.filter((part) => part !== undefined).map((part) => `, ${part}`);
  return make('E_CREDENTIALS', `${label} refused the credentials (${error.name}${whose.join('')})`, 'final');
}

/** Minutes between the time of a request and, in brackets behind it, that of the service. */
function clockGap(message: string): number | undefined {
  const [, ours, theirs] = /(\d{8}T\d{6})Z.*\((\d{8}T\d{6})Z/.exec(message) ?? [];
  if (ours === undefined || theirs === undefined) return undefined;
  return Math.round(Math.abs(basicTime(ours) - basicTime(theirs)) / 60_000);
}

function basicTime(text: string): number {
  return Date.parse(text.replace(/(....)(..)(..)T(..)(..)(..)/, '$1-$2-$3T$4:$5:$6Z'));
}

/** The errno of a failed connection; an AggregateError holds one for each address that was tried. */
export function networkCode(error: SdkError): string | undefined {
  const causes: unknown[] = [error, ...(error instanceof AggregateError ? error.errors : []), error.cause];
  return causes.map(codeOf).find((code) => code !== undefined && NETWORK.has(code));
}

function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
}

export function isTls(error: SdkError): boolean {
  return /^(EPROTO|CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(error.code ?? '');
}

function on({ table }: Call): string {
  return table === undefined ? '' : ` on ${table}`;
}

/** What the SDK puts around the sentences of its connection. */
const SDK_WRAPPING = /^@smithy\/[\w-]+ - (?:\[\w+\] )?| \(configured by client requestHandler\)\.?$/g;

/** Service messages quote the request, payloads included: never print more than a glimpse. */
export function clip(text: string): string {
  const message = text.replace(SDK_WRAPPING, '');
  return message.length > MAX_SERVICE_MESSAGE ? `${message.slice(0, MAX_SERVICE_MESSAGE)}…` : message;
}
