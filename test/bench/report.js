/**
 * One line of the result. `value` is what the goal is about: a ratio or a size; without one the row was skipped.
 * @typedef {{ part: string, name: string, unit: string, value?: number, low?: number, high?: number, runs?: number,
 *   goal?: number, better: 'more' | 'less', note?: string }} Row
 */

/** The rows as a Markdown table, which is also readable on a terminal. */
export function tableOf(rows) {
  const cells = rows.map((row) => [row.part, row.name, figure(row), range(row), goalOf(row), row.note ?? '']);
  const head = ['part', 'what', 'median', 'low to high', 'goal', 'note'];
  const widths = head.map((title, index) => Math.max(title.length, 3, ...cells.map((row) => row[index].length)));
  const line = (row) => `| ${row.map((cell, index) => cell.padEnd(widths[index])).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n');
}

function figure({ value, unit }) {
  return value === undefined ? 'skipped' : `${digits(value)} ${unit}`;
}

function digits(value) {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function range({ low, high, runs }) {
  return low === undefined ? '' : `${digits(low)} to ${digits(high)} (${runs} runs)`;
}

function goalOf({ value, goal, better }) {
  if (goal === undefined || value === undefined) return '';
  const reached = better === 'more' ? value >= goal : value <= goal;
  return `${better === 'more' ? '>=' : '<='} ${goal} ${reached ? 'reached' : 'MISSED'}`;
}

/** What two runs of the bench differ in by more than their spreads and five percent; what got slower comes first. */
export function compareRows(before, now) {
  const lines = [];
  for (const row of now) {
    const old = before.find(({ part, name }) => part === row.part && name === row.name);
    if (old?.value === undefined || row.value === undefined) continue;
    const change = row.value / old.value - 1;
    const apart = (row.low ?? row.value) > (old.high ?? old.value) || (row.high ?? row.value) < (old.low ?? old.value);
    if (!apart || Math.abs(change) < 0.05) continue;
    const worse = change > 0 === (row.better === 'less');
    lines.push(
      `${worse ? 'worse ' : 'better'} ${row.part} ${row.name}: ${digits(old.value)} -> ${digits(row.value)} ${row.unit}`,
    );
  }
  return lines.length === 0 ? 'nothing differs beyond the spread of the runs' : lines.sort().toReversed().join('\n');
}
