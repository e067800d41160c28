import { MqdynError } from '../domain/errors.ts';

/** Codes of a CONNACK that refuse credentials or a client: 3.1.1 has 4 and 5, MQTT 5 the others. */
const DENIED = new Set([4, 5, 134, 135, 138, 140]);
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
    const hint = 'Use mqtt:// for a port without TLS, or --tls-ca FILE for a private certificate authority.';
    return new MqdynError('E_TLS', `no TLS with ${where}: ${cause.message}`, { hint, cause });
  }
  const what = connected ? 'the connection was lost' : 'cannot connect';
  const why = cause.message === '' ? String(code) : cause.message;
  return new MqdynError('E_BROKER', `${where}: ${what} (${why})`, { cause });
}

function refusal(code: number, cause: Error, where: string): MqdynError {
  const message = `${where}: ${cause.message} (code ${code})`;
  if (VERSION.has(code)) return new MqdynError('E_BROKER_VERSION', message, { cause });
  return new MqdynError(DENIED.has(code) ? 'E_BROKER_DENIED' : 'E_BROKER', message, { cause });
}
