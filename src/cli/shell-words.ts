/** A command line that a person can type: words quoted for a POSIX shell where they need it. */
export function commandLine(...words: readonly string[]): string {
  return words.map((word, index) => (index === 0 || /^[\w@%+=:,./-]+$/.test(word) ? word : quoted(word))).join(' ');
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
