/** The elements of two lists side by side; lists of different lengths do not belong together. */
export function pairsOf<A, B>(left: readonly A[], right: readonly B[]): [A, B][] {
  const others = right.values();
  const pairs = left.map((each): [A, B] => {
    const { value: other, done } = others.next();
    if (done) throw new Error(`${left.length} elements cannot be paired with ${right.length}`);
    return [each, other];
  });
  if (!others.next().done) throw new Error(`${left.length} elements cannot be paired with ${right.length}`);
  return pairs;
}
