import type { AttributeValue } from './item.ts';

/** Types in the order in which they are sorted where one attribute has several. */
const TYPES = ['N', 'S', 'BOOL', 'B', 'SS', 'NS', 'BS', 'L', 'M'];

/** Numbers by value, text by its code units, true after false; values of other types only keep together. */
export function compareValues(a: AttributeValue, b: AttributeValue): number {
  if ('N' in a && 'N' in b) return compareNumbers(a.N, b.N);
  if ('S' in a && 'S' in b) return compareTexts(a.S, b.S);
  if ('BOOL' in a && 'BOOL' in b) return Number(a.BOOL) - Number(b.BOOL);
  const byType = typeRank(a) - typeRank(b);
  return byType === 0 ? compareTexts(JSON.stringify(a), JSON.stringify(b)) : byType;
}

export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const INTEGER = /^-?\d+$/;

/** Numbers as DynamoDB has them, with up to 38 digits: a double does not tell all of them apart. */
function compareNumbers(a: string, b: string): number {
  const difference = Number(a) - Number(b);
  if (difference !== 0 || !INTEGER.test(a) || !INTEGER.test(b)) return difference;
  const exact = BigInt(a) - BigInt(b);
  return exact < 0n ? -1 : exact > 0n ? 1 : 0;
}

function typeRank(value: AttributeValue): number {
  return TYPES.findIndex((type) => type in value);
}

type Entry<T> = { value: T; at: number };

/** The first `limit` of many values in an order, in memory for no more than them. Values that compare equal keep their order. */
export class Best<T> {
  /** A heap with the worst of the kept values on top. */
  private readonly heap: Entry<T>[] = [];
  private readonly limit: number;
  private readonly compare: (a: T, b: T) => number;
  private added = 0;

  constructor(limit: number, compare: (a: T, b: T) => number) {
    this.limit = limit;
    this.compare = compare;
  }

  add(value: T): void {
    const entry = { value, at: this.added };
    this.added += 1;
    if (this.heap.length < this.limit) {
      this.heap.push(entry);
      // without a limit nothing is ever thrown out, and no heap is needed
      if (this.limit !== Infinity) this.up(this.heap.length - 1);
    } else if (this.heap[0] !== undefined && this.order(entry, this.heap[0]) < 0) {
      this.heap[0] = entry;
      this.down(0);
    }
  }

  /** What was kept, the first one first. */
  inOrder(): T[] {
    return this.heap.toSorted((a, b) => this.order(a, b)).map(({ value }) => value);
  }

  private order(a: Entry<T>, b: Entry<T>): number {
    return this.compare(a.value, b.value) || a.at - b.at;
  }

  private up(from: number): void {
    for (let child = from; child > 0;) {
      const parent = (child - 1) >> 1;
      if (!this.isWorse(child, parent)) return;
      this.swap(child, parent);
      child = parent;
    }
  }

  private down(from: number): void {
    for (let parent = from; ;) {
      const [left, right] = [2 * parent + 1, 2 * parent + 2];
      let worst = parent;
      if (this.isWorse(left, worst)) worst = left;
      if (this.isWorse(right, worst)) worst = right;
      if (worst === parent) return;
      this.swap(parent, worst);
      parent = worst;
    }
  }

  /** False where there is no such place in the heap. */
  private isWorse(a: number, b: number): boolean {
    const [one, other] = [this.heap[a], this.heap[b]];
    return one !== undefined && other !== undefined && this.order(one, other) > 0;
  }

  private swap(a: number, b: number): void {
    const [one, other] = [this.heap[a], this.heap[b]];
    if (one !== undefined && other !== undefined) [this.heap[a], this.heap[b]] = [other, one];
  }
}
