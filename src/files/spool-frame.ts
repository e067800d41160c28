import { crc32 } from 'node:zlib';

/** One event as it came: its record and when that was, in Unix milliseconds. */
export type SpoolRecord = { at: number; bytes: Buffer };

/** `MQS1`. A frame is this, the length of its body, the CRC-32 of its body, and the body. Numbers are big-endian. */
const MAGIC = 0x4d51_5331;
export const HEADER_BYTES = 12;
/** Each record of a body: time of arrival (double), length, bytes. */
const RECORD_HEADER_BYTES = 12;
/** No frame is longer. */
export const MAX_FRAME_BYTES = 8 << 20;

/** So much records take in a frame, in bytes. */
export function recordsBytes(records: readonly SpoolRecord[]): number {
  return records.reduce((sum, { bytes }) => sum + RECORD_HEADER_BYTES + bytes.length, 0);
}

/** The records of one commit. All of them are there after a crash or none, since none was promised before all were on the disk. */
export function encodeFrame(records: readonly SpoolRecord[]): Buffer {
  const length = recordsBytes(records);
  const frame = Buffer.allocUnsafe(HEADER_BYTES + length);
  let at = HEADER_BYTES;
  for (const record of records) {
    at = frame.writeDoubleBE(record.at, at);
    at = frame.writeUInt32BE(record.bytes.length, at);
    at += record.bytes.copy(frame, at);
  }
  frame.writeUInt32BE(MAGIC, 0);
  frame.writeUInt32BE(length, 4);
  frame.writeUInt32BE(crc32(frame.subarray(HEADER_BYTES)), 8);
  return frame;
}

/** Length of the body behind a header; undefined where none begins. */
export function bodyLength(header: Buffer, offset = 0): number | undefined {
  if (header.length < offset + HEADER_BYTES || header.readUInt32BE(offset) !== MAGIC) return undefined;
  const length = header.readUInt32BE(offset + 4);
  return length === 0 || length > MAX_FRAME_BYTES ? undefined : length;
}

/** Whether a body is the one that its header was made for. */
export function isWhole(header: Buffer, body: Buffer): boolean {
  return header.readUInt32BE(8) === crc32(body);
}

export function decodeBody(body: Buffer): SpoolRecord[] {
  const records: SpoolRecord[] = [];
  for (let at = 0; at < body.length;) {
    const time = body.readDoubleBE(at);
    const start = at + RECORD_HEADER_BYTES;
    const end = start + body.readUInt32BE(at + 8);
    records.push({ at: time, bytes: body.subarray(start, end) });
    at = end;
  }
  return records;
}

/** Where the frames of a segment end, and whether a whole one stands behind something that is none. */
export function scanFrames(segment: Buffer): { end: number; damaged: boolean } {
  let end = 0;
  for (let next = frameEnd(segment, 0); next !== undefined; next = frameEnd(segment, end)) end = next;
  for (let at = end + 1; at + HEADER_BYTES <= segment.length; at += 1) {
    if (frameEnd(segment, at) !== undefined) return { end, damaged: true };
  }
  return { end, damaged: false };
}

function frameEnd(segment: Buffer, offset: number): number | undefined {
  const length = bodyLength(segment, offset);
  if (length === undefined) return undefined;
  const start = offset + HEADER_BYTES;
  const body = segment.subarray(start, start + length);
  return body.length === length && isWhole(segment.subarray(offset, start), body) ? start + length : undefined;
}
