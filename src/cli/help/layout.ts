/** What a page is laid out for: the width of the terminal in columns, and how it shows a heading. */
export type Sheet = { width: number; heading: (text: string) => string };

/** A part of a page: a heading, or none, and its lines. */
export type Part = { heading?: string; lines: readonly string[] };

const WIDTH = 80;
const MIN_WIDTH = 40;
const MAX_WIDTH = 120;
const INDENT = 2;
const GAP = 2;

/** The width of a page: that of the terminal within reason, 80 columns without one. */
export function pageWidth(columns: number | undefined): number {
  return columns === undefined || columns < 1 ? WIDTH : Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, columns));
}

/** The parts of a page with a blank line between them; parts without a line are left out. */
export function page(parts: readonly Part[], sheet: Sheet): string {
  const texts = parts
    .filter(({ lines }) => lines.length > 0)
    .map(({ heading, lines }) => [...(heading === undefined ? [] : [sheet.heading(heading)]), ...lines].join('\n'));
  return `${texts.join('\n\n')}\n`;
}

/** Text wrapped to the width. A blank line in it parts paragraphs; every other line break is only one of the source. */
export function paragraphs(text: string, { width }: Sheet): string[] {
  const wrapped = text
    .trim()
    .split(/\n\s*\n/)
    .map((paragraph) => wrap(paragraph, width));
  return wrapped.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

/** Lines of words, moved in. */
export function indented(text: string, { width }: Sheet): string[] {
  return wrap(text, width - INDENT).map((line) => ' '.repeat(INDENT) + line);
}

/** Two columns, the right one wrapped; a left text that is too long for its column has a line of its own. */
export function twoColumns(rows: readonly (readonly [string, string])[], { width }: Sheet): string[] {
  const widest = Math.max(0, ...rows.map(([left]) => left.length));
  const column = Math.min(widest, Math.floor(width * 0.4));
  const margin = ' '.repeat(INDENT + column + GAP);
  return rows.flatMap(([left, right]) => {
    const lines = wrap(right, width - margin.length);
    const shown = ' '.repeat(INDENT) + left;
    if (left.length > column) return [shown, ...lines.map((line) => margin + line)];
    return lines.map((line, index) => (index === 0 ? shown.padEnd(margin.length) : margin) + line).map((line) => line.trimEnd());
  });
}

/** A word, or a flag and its value: they stay together where they can. */
const WORDS = /(?:--[\w-]+ (?=[^-\s|>]))?(?:'[^']*'|"[^"]*"|[^\s'"])+/g;

/** A command line to copy; a long one goes on behind backslashes, as a shell takes it. */
export function shellLine(command: string, { width }: Sheet): string[] {
  const room = width - 3 * INDENT - ' \\'.length;
  const words = (command.match(WORDS) ?? []).flatMap((word) => (word.length <= room ? [word] : word.split(/(?<=^--[\w-]+) /)));
  const lines: string[] = [];
  let line = `${' '.repeat(INDENT)}$`;
  for (const [index, word] of words.entries()) {
    const ends = index === words.length - 1 ? 0 : ' \\'.length;
    if (index > 0 && line.length + 1 + word.length + ends > width) {
      lines.push(`${line} \\`);
      line = ' '.repeat(3 * INDENT) + word;
    } else {
      line = `${line} ${word}`;
    }
  }
  return [...lines, line];
}

function wrap(text: string, room: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((each) => each !== '')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return line === '' ? (lines.length === 0 ? [''] : lines) : [...lines, line];
}
