/** Bars are so many characters long when they are full. */
const BAR_WIDTH = 20;
const EIGHTHS = ' ▏▎▍▌▋▊▉'.split('');
const LEVELS = '▁▂▃▄▅▆▇█'.split('');
/** The same in plain text, for files and pipes. */
const PLAIN_LEVELS = '.:-=+*%#'.split('');

/** A horizontal bar, `max` being the full length. What is more than nothing shows. */
export function bar(value: number, max: number, terminal: boolean): string {
  const share = max > 0 ? Math.min(1, Math.max(0, value / max)) : 0;
  if (!terminal) return '#'.repeat(share > 0 ? Math.max(1, Math.round(share * BAR_WIDTH)) : 0);
  const eighths = share > 0 ? Math.max(1, Math.round(share * BAR_WIDTH * 8)) : 0;
  return `${'█'.repeat(Math.floor(eighths / 8))}${(EIGHTHS[eighths % 8] ?? '').trim()}`;
}

/** Counts side by side, one character each; none at all is a blank on a terminal and an underscore in plain text. */
export function sparkline(counts: readonly number[], terminal: boolean): string {
  const max = Math.max(1, ...counts);
  const levels = terminal ? LEVELS : PLAIN_LEVELS;
  return counts
    .map((count) => (count === 0 ? (terminal ? ' ' : '_') : levels[Math.ceil((count / max) * levels.length) - 1]))
    .join('');
}
