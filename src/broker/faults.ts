import { MqdynError } from '../domain/errors.ts';

/** Codes of a CONNACK that refuse credentials or a client: 3.1.1 has 4 and 5, MQTT 5 the others. */
const DENIED = new Set([4, 5, 134, 135, 138, 140]);
/** The broker itself is not available: 3.1.1 has 3, MQTT 5 the others (unavailable, busy, shutting down, moved, rate exceeded). */
const UNAVAILABLE = new Set([3, 136, 137, 139, 156, 157, 159]);
/** The broker does not speak this version of MQTT: 3.1.1 has 1, MQTT 5 the other. */
const VERSION = new Set([1, 132]);

/** What ended a connection, as an error of ours. `where` is the broker's URL, `connected` whether it had been reached. */
export function brokerFault(error: unknown, where: string, connected: boolean): MqdynError {
  if (error instanceof MqdynError) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  const code: unknown = 'code' in cause ? cause.code : undefined;
  if (typeof code === 'number' && !connected) return refusal(code, cause, where);
  const isTls =
    typeof code === 'string' && /^(ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO_|HOSTNAME_|EPROTO)/.test(code);
  if (isTls) {
    return new MqdynError('E_TLS', `no TLS with ${where}: ${cause.message}`, { hint: tlsHint(code), cause });
  }
  const what = connected ? 'the connection was lost' : 'cannot connect';
  const why = cause.message === '' ? String(code) : cause.message;
  return new MqdynError('E_BROKER', `${where}: ${what} (${why})`, { cause });
}

/** Whether a broker refused to let one client connect, which says nothing of others. */
export function isClientRefused(error: unknown): boolean {
  if (!(error instanceof MqdynError) || !(error.cause instanceof Error) || !('code' in error.cause)) return false;
  const { code } = error.cause;
  return typeof code === 'number' && !UNAVAILABLE.has(code) && !VERSION.has(code);
}

function tlsHint(code: string): string {
  if (/KEY_VALUES_MISMATCH/.test(code)) return 'Name the key that belongs to the certificate: --tls-key.';
  if (/PEM|ASN1|X509/.test(code)) return 'Check the files of --tls-ca, --tls-cert and --tls-key.';
  if (/CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE/.test(code))
    return 'The broker may want a certificate of this client: --tls-cert and --tls-key.';
  if (/ALERT_(BAD_CERTIFICATE|UNKNOWN_CA|UNSUPPORTED_CERTIFICATE|CERTIFICATE_)/.test(code))
    return 'The broker does not take the certificate of --tls-cert.';
  if (/SELF_SIGNED|UNABLE_TO_/.test(code)) return "Name the authority that signed the broker's certificate: --tls-ca FILE.";
  if (/ALTNAME/.test(code)) return 'Use a name of the broker in --to that its certificate has.';
  if (code.startsWith('CERT_')) return "Renew the broker's certificate, or check the clock of this machine.";
  return 'Use mqtt:// for a port without TLS.';
}

function refusal(code: number, cause: Error, where: string): MqdynError {
  const message = `${where}: ${cause.message} (code ${code})`;
  if (VERSION.has(code)) return new MqdynError('E_BROKER_VERSION', message, { cause });
  return new MqdynError(DENIED.has(code) ? 'E_BROKER_DENIED' : 'E_BROKER', message, { cause });
}
