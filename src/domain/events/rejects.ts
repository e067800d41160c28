import { Buffer } from 'node:buffer';
import { rejected } from './event.ts';
import { readRecord, readRecordText, type JsonRecord, type ReadRecord } from './record.ts';

/** True for a line of the reject file of an earlier replay. */
export function isRejectRecord({ fields }: JsonRecord): boolean {
  if (typeof fields['reason'] !== 'string' || typeof fields['sha256'] !== 'string') return false;
  return typeof fields['raw'] === 'string' || typeof fields['raw_b64'] === 'string';
}

/** The record that was rejected; the reject file keeps only the beginning of a very long one. */
export function rejectedRecord({ fields }: JsonRecord): ReadRecord {
  const { raw, raw_b64: encoded, raw_bytes: bytes } = fields;
  const line = typeof raw === 'string' ? Buffer.from(raw, 'utf8') : Buffer.from(String(encoded), 'base64');
  if (typeof bytes === 'number' && bytes !== line.length) {
    return rejected('line_too_long', `the reject file holds ${line.length} of ${bytes} bytes of the record`);
  }
  return typeof raw === 'string' && raw.isWellFormed() ? readRecordText(raw, false) : readRecord(line);
}
