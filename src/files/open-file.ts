import type { FileHandle } from 'node:fs/promises';

/** Writes all of it at a position; a disk that is nearly full takes a part of a write and says so only in its count. */
export async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += (await file.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
  }
}

const BLOCK_BYTES = 1 << 18;

/** The lines of an open file from a byte on, without their ends; what stands behind the last end is a line, too. */
export async function* linesOf(file: FileHandle, { start = 0 } = {}): AsyncGenerator<Buffer> {
  const block = Buffer.alloc(BLOCK_BYTES);
  let rest: Buffer = Buffer.alloc(0);
  for (let position = start; ;) {
    const { bytesRead } = await file.read(block, 0, block.length, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    let text = Buffer.concat([rest, block.subarray(0, bytesRead)]);
    for (let end = text.indexOf(0x0a); end >= 0; end = text.indexOf(0x0a)) {
      yield text.subarray(0, end);
      text = text.subarray(end + 1);
    }
    rest = text;
  }
  if (rest.length > 0) yield rest;
}
