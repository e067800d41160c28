import { describe, expect, it } from 'vitest';
import { MqdynError } from '../../../src/domain/errors.ts';
import { brokerFault, isClientRefused } from '../../../src/broker/faults.ts';

const fault = (code: string | number, connected = false) =>
  brokerFault(Object.assign(new Error('because'), { code }), 'mqtts://broker:8883', connected);

describe('a connection that TLS ends', () => {
  it.each([
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', '--tls-cert and --tls-key'],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', '--tls-cert and --tls-key'],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'does not take the certificate of --tls-cert'],
    ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'does not take the certificate of --tls-cert'],
    ['SELF_SIGNED_CERT_IN_CHAIN', '--tls-ca FILE'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', '--tls-ca FILE'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', '--tls-ca FILE'],
    ['ERR_OSSL_X509_KEY_VALUES_MISMATCH', 'key that belongs to the certificate'],
    ['ERR_OSSL_PEM_NO_START_LINE', 'Check the files'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', '--to'],
    ['CERT_HAS_EXPIRED', 'Renew'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'mqtt://'],
    ['EPROTO', 'mqtt://'],
  ])('%s says what to do about it', (code, says) => {
    const { code: ours, hint } = fault(code, true);
    expect([ours, hint]).toEqual(['E_TLS', expect.stringContaining(says)]);
    // no TLS is advice only where nothing speaks TLS
    expect(hint.includes('mqtt://')).toBe(says === 'mqtt://');
  });
});

describe('a client that may not connect', () => {
  it.each([2, 5, 128, 133, 134, 135, 138])('code %i refuses the client', (code) => {
    expect(isClientRefused(fault(code))).toBe(true);
  });

  it.each([1, 3, 132, 136, 137, 156, 159])('code %i is about the broker', (code) => {
    expect(isClientRefused(fault(code))).toBe(false);
  });

  it('nothing else is', () => {
    expect([fault('ECONNREFUSED'), new MqdynError('E_BROKER', 'x'), new Error('x')].map(isClientRefused)).toEqual([
      false,
      false,
      false,
    ]);
  });
});
