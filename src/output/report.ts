import { Writable } from 'node:stream';
import { escapeControls } from './escape.ts';
import { table } from './formats/table.ts';
import type { OutputOptions, Section } from './document.ts';
import { blocks } from './items.ts';
import { Sink } from './sink.ts';

/** Writes the sections of a report for people, a blank line between them. */
export async function writeReport(sections: readonly Section[], options: OutputOptions): Promise<void> {
  for (const [index, section] of sections.entries()) {
    const gap = index === 0 ? '' : '\n';
    await options.sink.write(section.heading === '' ? gap : `${gap}${options.theme.heading(section.heading)}\n`);
    if ('lines' in section) {
      for (const line of section.lines) await options.sink.write(`${line}\n`);
    } else {
      // a part of a page keeps its form, and says nothing beside it
      const part = { ...options, vertical: options.vertical ?? false, note: () => undefined };
      await table.list({ columns: section.columns, items: blocks(section.rows) }, part);
    }
  }
}

/** The same as text. */
export async function reportText(sections: readonly Section[], options: OutputOptions): Promise<string> {
  const parts: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      parts.push(chunk.toString('utf8'));
      done();
    },
  });
  const sink = new Sink(stream);
  await writeReport(sections, { ...options, sink });
  await sink.flush();
  return parts.join('');
}

/** Text in lines of so many columns, the following ones moved in; without a width it stays one line. Controls are escaped. */
export function wrapped(text: string, width: number | undefined, indent: number): string[] {
  const safe = escapeControls(text);
  const room = width === undefined ? Infinity : Math.max(20, width - indent);
  const lines: string[] = [];
  let line = '';
  for (const word of safe.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines.map((part, index) => (index === 0 ? part : ' '.repeat(indent) + part));
}
