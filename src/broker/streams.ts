import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Certificates and keys as the bytes of PEM files. */
export type TlsFiles = { cert: Buffer | undefined; key: Buffer | undefined; ca: Buffer | undefined };

export type BrokerAddress = {
  host: string;
  port: number;
  /** Undefined for a connection without TLS. */
  tls: TlsFiles | undefined;
};

/** Opens the stream that MQTT goes over. A certificate is always verified. */
export function streamTo({ host, port, tls }: BrokerAddress): Socket {
  if (tls === undefined) return connectPlain({ host, port });
  const { cert, key, ca } = tls;
  return connectTls({
    host,
    port,
    // no name is sent for an address: RFC 6066, section 3
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(ca === undefined ? {} : { ca }),
  });
}
