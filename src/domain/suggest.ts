import { closest, distance } from 'fastest-levenshtein';

/** From this length on, a word that only one known word begins with is taken for an unfinished one. */
const MIN_BEGINNING = 3;

/** The known word that was most likely meant, or undefined when none is near. */
export function suggest(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const [longer, ...others] = word.length < MIN_BEGINNING ? [] : known.filter((name) => name.startsWith(word));
  if (longer !== undefined && others.length === 0) return longer;
  const best = closest(word, [...known]);
  return distance(word, best) <= Math.max(2, Math.floor(word.length / 3)) ? best : undefined;
}

/** ` Did you mean x?` for the end of a sentence, or nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  const best = suggest(word, known);
  return best === undefined ? '' : ` Did you mean ${best}?`;
}
