import { n, s, type Item } from '../domain/item.ts';
import { sparkline } from './charts.ts';
import type { Column, OutputOptions, Section } from './document.ts';
import { wrapped } from './report.ts';

/** What the picture of the statistics is drawn from. */
export type StatisticsView = {
  tables: readonly Item[];
  clients: { online: number; offline: number; unknown: number };
  /** How much waits, and since when the oldest. */
  pending: string;
  oldest: string | undefined;
  byAge: readonly Item[];
  hours: readonly number[];
  days: readonly number[];
  nearest: readonly Item[];
};

const LABEL_WIDTH = 10;

/** Statistics on one screen: sizes, clients, ages with bars, arrivals as sparklines, the topics nearest to 400 KB. */
export function statisticsSections(view: StatisticsView, options: OutputOptions): Section[] {
  const { tables, note, clients, pending, byAge, arrivals, nearest } = statisticsParts(view, options);
  const lines: Section = { heading: '', lines: [...note, ...clients, ...pending] };
  return [tables, lines, ...(byAge ? [byAge] : []), ...(arrivals ? [arrivals] : []), ...(nearest ? [nearest] : [])];
}

type Rows = Extract<Section, { rows: readonly Item[] }>;

/** What the screen is made of; the last three are there when something waits. `short`: no more than how much waits. */
export type StatisticsParts = {
  tables: Rows;
  note: string[];
  clients: string[];
  pending: string[];
  short: string[];
  byAge?: Section;
  arrivals?: Section;
  nearest?: Rows;
};

export function statisticsParts(view: StatisticsView, { terminal, width }: OutputOptions): StatisticsParts {
  const { online, offline, unknown } = view.clients;
  const clients = `${online} online, ${offline} offline${unknown === 0 ? '' : `, ${unknown} of unknown state`}`;
  const estimated = view.tables.some(({ exact }) => exact !== undefined && 'BOOL' in exact && !exact.BOOL);
  const note = "exact no: DynamoDB's own figure, up to six hours old; --scan counts the items";
  return {
    tables: { heading: '', columns: TABLE_COLUMNS, rows: view.tables },
    note: estimated ? wrapped(note, width, 0) : [],
    clients: [`${'clients'.padEnd(LABEL_WIDTH)}${clients}`],
    pending: pendingLines(view.oldest === undefined ? view.pending : `${view.pending}; ${view.oldest}`, width),
    short: pendingLines(view.pending, width),
    ...(view.byAge.some(isSome) ? waiting(view, terminal, width) : {}),
  };
}

/** Behind a label: what does not fit goes on below it. */
function pendingLines(text: string, width: number | undefined): string[] {
  const [first = '', ...rest] = wrapped(text, width, LABEL_WIDTH);
  return [`${'pending'.padEnd(LABEL_WIDTH)}${first}`, ...rest];
}

function waiting({ byAge, hours, days, nearest }: StatisticsView, terminal: boolean, width = Infinity) {
  const max = Math.max(1, ...byAge.map(({ ids }) => numberIn(ids)));
  const spark = (label: string, counts: readonly number[]) => {
    const chart = `${label.padEnd(LABEL_WIDTH)}${sparkline(counts, terminal)}`;
    const said = `  ${sum(counts)} in total, at most ${Math.max(...counts)}`;
    return chart.length + said.length <= width ? chart + said : `${chart}  ${sum(counts)}, max ${Math.max(...counts)}`;
  };
  return {
    byAge: {
      heading: 'pending by age',
      columns: ageColumns(max),
      rows: byAge.map((item) => ({ ...item, bar: n(numberIn(item['ids'])) })),
    },
    arrivals: {
      heading: 'arrivals of queued messages (latest on the right)',
      lines: [spark('24 hours', hours), spark('30 days', days)],
    },
    nearest: {
      heading: 'topics nearest to 400 KB',
      columns: NEAREST_COLUMNS,
      rows: nearest.map((item) => ({ ...item, ...capped(item), bar: n(numberIn(item['share'])) })),
    },
  };
}

const TABLE_COLUMNS: readonly Column[] = [
  { name: 'table' },
  { name: 'items' },
  { name: 'bytes', kind: 'bytes' },
  { name: 'exact' },
];

const ageColumns = (max: number): readonly Column[] => [
  { name: 'age' },
  { name: 'ids' },
  { name: 'bar', label: '', kind: 'bar', max },
];

const NEAREST_COLUMNS: readonly Column[] = [
  { name: 'topic' },
  { name: 'ids' },
  { name: 'bytes', kind: 'bytes', optional: true },
  { name: 'share', kind: 'share' },
  { name: 'bar', label: '', kind: 'bar', max: 1, optional: true },
  { name: 'idsPerDay', label: 'ids/day' },
  { name: 'daysLeft', label: 'days left' },
  { name: 'nextPublishUnits', label: 'WCU' },
];

/** Figures that are too small or too large to mean anything, as a person says them. */
function capped({ idsPerDay, daysLeft }: Item): Item {
  const item: Item = {};
  if (idsPerDay && 'N' in idsPerDay && Number(idsPerDay.N) < 0.01) item['idsPerDay'] = s('<0.01');
  if (daysLeft && 'N' in daysLeft && Number(daysLeft.N) > 9_999) item['daysLeft'] = s('>9999');
  return item;
}

function isSome({ ids }: Item): boolean {
  return numberIn(ids) > 0;
}

function numberIn(value: Item[string] | undefined): number {
  return value !== undefined && 'N' in value ? Number(value.N) : 0;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
