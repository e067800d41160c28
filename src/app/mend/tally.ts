import { CHECKS } from '../../domain/integrity/registry.ts';
import type { Severity } from '../../domain/integrity/check.ts';
import { estimateTotal, type Estimate } from '../../domain/integrity/estimate.ts';
import type { Finding, Found } from '../../domain/integrity/finding.ts';
import { hashText } from '../../domain/hash-text.ts';
import { Best, compareTexts } from '../../domain/order.ts';

/** All findings of one check in one table. */
export type CheckResult = {
  check: string;
  severity: Severity;
  table: string;
  count: number;
  examples: readonly Finding[];
  title: string;
  says: string;
  /** What --fix does; undefined where no repair is safe. */
  repair: string | undefined;
  /** Findings that --fix can mend. */
  mendable: number;
  estimate: Estimate | undefined;
};

/** `byKey` counts findings by the hash of their partition key, where totals are to be estimated. */
type Entry = { count: number; mendable: number; examples: Best<Finding>; byKey: Float64Array | undefined };

/** Keys that share a hash count as one, which only makes an interval wider. */
const HASHES = 1 << 16;

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

/** Counts findings and keeps a few examples of each check: the first ones by their text, so that two runs show the same. */
export class Tally {
  private readonly entries = new Map<string, Entry>();
  private readonly examples: number;
  private readonly share: number | undefined;

  /** `share`: the part of the key space that is looked at, where totals are to be estimated. */
  constructor(examples: number, share?: number) {
    this.examples = examples;
    this.share = share;
  }

  add({ findings, repairs }: Found): void {
    for (const finding of findings) {
      const entry = this.entry(`${finding.check} ${finding.table}`);
      entry.count += 1;
      entry.examples.add(finding);
      if (repairs.some(({ checks }) => checks.includes(finding.check))) entry.mendable += 1;
      if (entry.byKey !== undefined) addOne(entry.byKey, hashText(finding.key, HASHES));
    }
  }

  /** The worst first. */
  results(): CheckResult[] {
    const results = [...this.entries].map(([name, { count, mendable, examples, byKey }]): CheckResult => {
      const [id = '', table = ''] = name.split(' ');
      const check = CHECKS.find((each) => each.id === id);
      if (check === undefined) throw new Error(`there is no check ${id}`);
      const { severity, title, says, repair } = check;
      return {
        check: id,
        severity,
        table,
        count,
        examples: examples.inOrder(),
        title,
        says,
        repair: mendable > 0 ? repair : undefined,
        mendable,
        estimate:
          byKey === undefined || this.share === undefined
            ? undefined
            : estimateTotal({ count, squares: sumOfSquares(byKey) }, this.share),
      };
    });
    const order = CHECKS.map(({ id }) => id);
    return results.sort(
      (a, b) =>
        RANK[a.severity] - RANK[b.severity] || order.indexOf(a.check) - order.indexOf(b.check) || compareTexts(a.table, b.table),
    );
  }

  private entry(name: string): Entry {
    const known = this.entries.get(name);
    if (known !== undefined) return known;
    const byKey = this.share === undefined ? undefined : new Float64Array(HASHES);
    const made = { count: 0, mendable: 0, examples: new Best(this.examples, byText), byKey };
    this.entries.set(name, made);
    return made;
  }
}

function byText(a: Finding, b: Finding): number {
  return compareTexts(a.subject, b.subject) || compareTexts(a.detail ?? '', b.detail ?? '');
}

function sumOfSquares(counts: Float64Array): number {
  let sum = 0;
  for (const count of counts) sum += count ** 2;
  return sum;
}

function addOne(counts: Float64Array, at: number): void {
  counts[at] = (counts[at] ?? 0) + 1;
}
