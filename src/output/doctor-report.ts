import { countText, plural } from '../domain/count-text.ts';
import type { CheckFacts, Severity } from '../domain/integrity/check.ts';
import { CHECKS } from '../domain/integrity/registry.ts';
import type { Item } from '../domain/item.ts';
import { TABLES } from '../domain/records/tables.ts';
import type { Column, OutputOptions, Section } from './document.ts';
import { escapeControls } from './escape.ts';
import { gaugeText } from './prometheus.ts';
import { wrapped } from './report.ts';
import { itemOf, listOf } from './items.ts';
import type { Theme } from './theme.ts';

/** What a check found, as it is shown. */
export type ShownResult = {
  check: string;
  severity: Severity;
  table: string;
  count: number;
  examples: readonly { subject: string; detail?: string | undefined }[];
  title: string;
  says: string;
  repair: string | undefined;
  command: string | undefined;
  estimate: { estimate: number; low: number; high: number } | undefined;
};

export const DOCTOR_COLUMNS: readonly Column[] = [
  'check',
  'severity',
  'table',
  'count',
  'estimate',
  'low',
  'high',
  'examples',
  'says',
  'fix',
].map((name) => ({ name }));

export const FIX_COLUMNS: readonly Column[] = [...DOCTOR_COLUMNS, { name: 'fixed' }, { name: 'left' }];

export const CHECK_COLUMNS: readonly Column[] = ['check', 'severity', 'tables', 'finds', 'fix'].map((name) => ({ name }));

const INDENT = 4;

/** Results as items: `fix` is the command that mends, or helps. */
export function resultItem(result: ShownResult, more: { fixed?: number; left?: number } = {}): Item {
  const { check, severity, table, count, examples, says, title, command, estimate } = result;
  const shown = examples.map(({ subject, detail }) => itemOf({ subject, detail }));
  return {
    ...itemOf({ check, severity, table, count, ...estimate }),
    examples: listOf(shown),
    ...itemOf({ says: `${title}. ${says}`, fix: command ?? null, ...more }),
  };
}

/** What a saved plan came to, of which only the repairs are known. */
export function fixedItem({ check, fixed, left }: { check: string; fixed: number; left: number }): Item {
  return itemOf({ check, fixed, left });
}

/** A check as --list-checks shows it. */
export function checkItem({ id, severity, tables, title, repair }: CheckFacts): Item {
  return itemOf({
    check: id,
    severity,
    tables: tables.length === 0 ? 'all' : tables.join(' '),
    finds: title,
    fix: repair ?? null,
  });
}

/** How many findings each check that was made has in each table, zeros included, so that an alert ends when the damage does. */
export function findingGauge(results: readonly ShownResult[], made: readonly string[]): string {
  const samples = CHECKS.filter(({ id }) => made.includes(id)).flatMap(({ id, severity, tables }) => {
    const found = results.filter(({ check }) => check === id);
    const all = new Set([...(tables.length === 0 ? TABLES : tables), ...found.map(({ table }) => table)]);
    return [...all].map((table) => ({
      labels: { check: id, table, severity },
      value: found.find((one) => one.table === table)?.count ?? 0,
    }));
  });
  return gaugeText('mqdyn_doctor_findings', 'Findings of mqdyn doctor by check, table and severity.', samples);
}

/** The worst first: how many of what, a few of them, and what to type; with --wide what it means, too. */
export function doctorSections(
  results: readonly ShownResult[],
  { theme, width, wide }: Pick<OutputOptions, 'theme' | 'width' | 'wide'>,
): Section[] {
  return results.map((result) => {
    const { check, severity, table, count, examples, title, says, repair, command, estimate } = result;
    const paint = toneOf(severity, theme);
    const about = estimate === undefined ? '' : `, an estimated ${rangeText(estimate)} in all`;
    const more = count - examples.length;
    const lines = [
      `${paint(severity)}  ${theme.heading(check)}  ${table}`,
      ...indented(`${title}: ${countText(count)}${about}`, width),
      ...examples.flatMap(({ subject, detail }) =>
        indented(detail === undefined || detail === '' ? subject : `${subject}  (${detail})`, width, 8),
      ),
      ...(more > 0 ? [`${' '.repeat(8)}${theme.faint(`and ${countText(more)} more`)}`] : []),
      ...(wide ? indented(says, width).map(theme.faint) : []),
      ...(wide && repair !== undefined ? indented(`repair: ${repair}`, width) : []),
      // one line however long it is, so that it can be copied
      ...(command === undefined ? [] : [`${' '.repeat(INDENT)}mend: ${theme.strong(escapeControls(command))}`]),
    ];
    return { heading: '', lines };
  });
}

/** `about 1,200 (950 to 1,500)`. */
function rangeText({ estimate, low, high }: { estimate: number; low: number; high: number }): string {
  return `${countText(estimate)} (${countText(low)} to ${countText(high)})`;
}

/** One line for all: `3 errors, 1 warning, 2 notes`. */
export function summaryText(results: readonly { severity: Severity; count: number }[]): string {
  const counts = (['error', 'warning', 'note'] as const).map((severity) => {
    const count = results.filter((one) => one.severity === severity).reduce((sum, one) => sum + one.count, 0);
    return count === 0 ? undefined : `${countText(count)} ${plural(severity, count)}`;
  });
  const said = counts.filter((text) => text !== undefined).join(', ');
  return said === '' ? 'no findings' : said;
}

function indented(text: string, width: number | undefined, indent = INDENT): string[] {
  const lines = wrapped(text, width, indent);
  return lines.map((line, index) => (index === 0 ? ' '.repeat(indent) + line : line));
}

function toneOf(severity: Severity, theme: Theme): (text: string) => string {
  return { error: theme.bad, warning: theme.warn, note: theme.faint }[severity];
}
