import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Decoded } from '../../../../src/domain/events/event.ts';

const FIXTURES = new URL('../../../fixtures/events/', import.meta.url);

/** Lines of a file in the fixture folder of a format. */
export function fixtureLines(format: string, file: 'input.jsonl' | 'expected.jsonl'): string[] {
  return readFileSync(fileURLToPath(new URL(`${format}/${file}`, FIXTURES)), 'utf8')
    .trimEnd()
    .split('\n');
}

/** What a record came to, as one line: ids in hexadecimal, bytes that are no text in base64. */
export function asText(decoded: Decoded): string {
  return JSON.stringify(decoded, (_, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`;
    if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString('base64') };
    // Buffer has its own toJSON, which runs first
    const buffer = value as { type?: string; data?: number[] } | null;
    return buffer?.type === 'Buffer' ? { base64: Buffer.from(buffer.data!).toString('base64') } : value;
  });
}
