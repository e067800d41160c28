/** Whether some topic name matches both filters, by the same rules as `topicMatches`. */
export function filtersOverlap(one: string, other: string): boolean {
  if (excludesDollar(one, other) || excludesDollar(other, one)) return false;
  const levels = one.split('/');
  const others = other.split('/');
  for (let level = 0; ; level += 1) {
    if (takesRest(levels, level) || takesRest(others, level)) return true;
    const [a, b] = [levels[level], others[level]];
    if (a === undefined || b === undefined) return a === b;
    if (a !== b && a !== '+' && b !== '+') return false;
  }
}

/** A wildcard in front matches no name that starts with `$`. */
function excludesDollar(filter: string, other: string): boolean {
  return /^[+#]/.test(filter) && other.startsWith('$');
}

function takesRest(levels: readonly string[], level: number): boolean {
  return levels[level] === '#' && level === levels.length - 1;
}
