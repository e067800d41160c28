const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/** Before the first frame: an empty screen without a cursor. After the last one: the cursor again. */
export const START_DRAWING = '\u001b[?25l\u001b[2J';
export const STOP_DRAWING = '\u001b[?25h\n';

/** A frame that is drawn over the one before without flicker; what is higher than the terminal is cut with a mark. */
export function frame(text: string, rows: number | undefined): string {
  const lines = text.replace(/\n$/, '').split('\n');
  const room = (rows || Infinity) - 1;
  const shown = lines.length > room ? [...lines.slice(0, room - 1), '…'] : lines;
  return `${HOME}${shown.map((line) => `${line}${CLEAR_LINE}`).join('\n')}\n${CLEAR_BELOW}`;
}
