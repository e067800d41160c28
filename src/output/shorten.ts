import stringWidth from 'string-width';

/** What stands for the part of a text that is left out. */
const MARK = '…';

/** Latin, Greek and Cyrillic letters, and the mark: each as wide as it is long, told a hundred times as fast as a width is measured. */
const NARROW = /^[\x20-\x7e\xa1-\xa8\xaa-\xac\xaf-\u02ff\u0370-\u0482\u048a-\u052f\u2026]*$/;

const GRAPHEMES = new Intl.Segmenter();

/** True for a text of which every program knows the width. */
export function isNarrow(text: string): boolean {
  return NARROW.test(text);
}

/** Columns of a terminal that a text takes. */
export function textWidth(text: string): number {
  return NARROW.test(text) ? text.length : stringWidth(text);
}

/** Which part of a text tells the most; the other parts are left out first. */
export type Kept = 'start' | 'end' | 'any';

/** A text in so many columns at the most: `head` columns of its start, a mark, and of its end what there is room for. */
export function shortened(text: string, width: number, head: number): string {
  if (textWidth(text) <= width) return text;
  const room = Math.max(0, width - 1);
  const front = Math.min(head, room);
  const back = room - front;
  if (NARROW.test(text)) return text.slice(0, front) + MARK + (back === 0 ? '' : text.slice(-back));
  const parts = [...GRAPHEMES.segment(text)].map(({ segment }) => segment);
  const end = taken(parts.toReversed(), back).toReversed();
  return taken(parts.slice(0, parts.length - end.length), front).join('') + MARK + end.join('');
}

function taken(parts: readonly string[], width: number): string[] {
  let room = width;
  const fits = parts.findIndex((part) => (room -= stringWidth(part)) < 0);
  return fits < 0 ? [...parts] : parts.slice(0, fits);
}

/** How much of the start to keep so that as many of the texts as possible still differ. */
export function bestHead(texts: readonly string[], width: number, kept: Kept): number {
  const distinct = [...new Set(texts)];
  const heads = headsFor(distinct, width, kept);
  let [best = 0] = heads;
  let most = 0;
  for (const head of heads) {
    const different = new Set(distinct.map((text) => shortened(text, width, head))).size;
    if (different > most) [best, most] = [head, different];
    if (different === distinct.length) break;
  }
  return best;
}

/** Heads that are worth a try, the one that reads best first. Texts that begin alike are told apart by what comes later. */
function headsFor(distinct: readonly string[], width: number, kept: Kept): number[] {
  const room = Math.max(0, width - 1);
  const quarters = [room, Math.floor((3 * room) / 4), Math.floor(room / 2), Math.floor(room / 4), 0];
  if (kept === 'start') return [room];
  if (kept === 'end') return quarters.toReversed();
  const common = commonPrefix(distinct);
  return common < room / 2 ? quarters : [Math.min(common, Math.floor(room / 3)), ...quarters.toReversed()];
}

function commonPrefix(texts: readonly string[]): number {
  const [first = '', ...others] = texts;
  if (others.length === 0) return 0;
  return others.reduce((length, text) => {
    let same = 0;
    while (same < length && text[same] === first[same]) same += 1;
    return same;
  }, first.length);
}

/** Widths that are tried for a column, in steps; those between two of them only where the larger one will do. */
const STEPS = [6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 64];

/** So many texts are looked at for it. */
const MEASURED = 100;

/** The smallest width at which texts that differ are still told apart; undefined when only their whole width does. */
export function tellingWidth(texts: readonly string[], kept: Kept): number | undefined {
  const distinct = [...new Set(texts)].slice(0, MEASURED);
  const tells = (width: number) => {
    const head = bestHead(distinct, width, kept);
    return new Set(distinct.map((text) => shortened(text, width, head))).size === distinct.length;
  };
  const step = STEPS.find(tells);
  if (step === undefined) return undefined;
  let [less, width] = [STEPS.findLast((each) => each < step) ?? step - 1, step];
  while (width - less > 1) {
    const middle = Math.floor((less + width) / 2);
    if (tells(middle)) width = middle;
    else less = middle;
  }
  return width;
}

/**
 * A sentence in lines of so many columns, broken between words, the following lines moved in. A word that is longer than a line
 * stays whole, and so does a line that is moved in itself: it is there to be copied.
 */
export function filled(sentence: string, width: number | undefined): string {
  if (width === undefined || width < NARROWEST || sentence.startsWith(' ') || textWidth(sentence) <= width) return sentence;
  const lines: string[] = [];
  let line = '';
  for (const word of sentence.split(' ')) {
    if (line !== '' && textWidth(line) + 1 + textWidth(word) > width) {
      lines.push(line);
      line = `  ${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}

/** On a narrower terminal sentences are left as they are. */
const NARROWEST = 20;

/** A text in lines of so many columns, with nothing left out. */
export function folded(text: string, width: number): string[] {
  if (textWidth(text) <= width) return [text];
  const lines: string[] = [];
  let line = '';
  let used = 0;
  for (const { segment } of GRAPHEMES.segment(text)) {
    const more = textWidth(segment);
    if (used + more > width && line !== '') {
      lines.push(line);
      [line, used] = ['', 0];
    }
    line += segment;
    used += more;
  }
  return [...lines, line];
}
