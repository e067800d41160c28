import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export type Signed = { method: string; path: string; headers: IncomingHttpHeaders; body: string };

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/**
 * The Authorization header that AWS Signature Version 4 asks for, worked out from what arrived: over the headers that the
 * request says are signed, with the date, region and service of its credential scope.
 */
export function signatureOf(request: Signed, secret: string): string {
  const { method, path, headers, body } = request;
  const [, key, scope, names] = /Credential=([^/]+)\/([^,]+), SignedHeaders=([^,]+),/.exec(headers.authorization ?? '')!;
  const lines = names!.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const canonical = [method, path, '', lines.join(''), names, sha256(body)].join('\n');
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const signingKey = scope!.split('/').reduce<string | Buffer>(hmac, `AWS4${secret}`);
  return `AWS4-HMAC-SHA256 Credential=${key}/${scope}, SignedHeaders=${names}, Signature=${hmac(signingKey, text).toString('hex')}`;
}
