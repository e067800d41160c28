import { n, type Item } from '../domain/item.ts';
import { sparkline } from './charts.ts';
import type { Column, OutputOptions, Section } from './document.ts';
import { wrapped } from './report.ts';

/** What the picture of the statistics is drawn from. */
export type StatisticsView = {
  tables: readonly Item[];
  clients: { online: number; offline: number; unknown: number };
  /** One sentence about what waits. */
  pending: string;
  byAge: readonly Item[];
  hours: readonly number[];
  days: readonly number[];
  nearest: readonly Item[];
};

const LABEL_WIDTH = 10;

/** The same for a terminal of any height: what has to be seen first comes first. */
export function watchedSections(view: StatisticsView, options: OutputOptions): Section[] {
  const [tables, lines, byAge, arrivals, nearest] = statisticsSections(view, options);
  return [nearest, lines, byAge, arrivals, tables].filter((section) => section !== undefined);
}

/** Statistics on one screen: sizes, clients, ages with bars, arrivals as sparklines, the topics nearest to 400 KB. */
export function statisticsSections(view: StatisticsView, { terminal, width }: OutputOptions): Section[] {
  const { online, offline, unknown } = view.clients;
  const clients = `${online} online, ${offline} offline${unknown === 0 ? '' : `, ${unknown} of unknown state`}`;
  const estimated = view.tables.some(({ exact }) => exact !== undefined && 'BOOL' in exact && !exact.BOOL);
  const tables: Section = { heading: '', columns: TABLE_COLUMNS, rows: view.tables };
  const note = "exact no: DynamoDB's own figure, up to six hours old; --scan counts the items";
  return [
    tables,
    {
      heading: '',
      lines: [
        ...(estimated ? [note] : []),
        `${'clients'.padEnd(LABEL_WIDTH)}${clients}`,
        `${'pending'.padEnd(LABEL_WIDTH)}${indented(view.pending, width)}`,
      ],
    },
    ...(view.byAge.some(isSome) ? waiting(view, terminal) : []),
  ];
}

/** Behind a label: what does not fit goes on below it. */
function indented(text: string, width: number | undefined): string {
  return wrapped(text, width, LABEL_WIDTH).join('\n');
}

function waiting({ byAge, hours, days, nearest }: StatisticsView, terminal: boolean): Section[] {
  const max = Math.max(1, ...byAge.map(({ ids }) => numberIn(ids)));
  const spark = (label: string, counts: readonly number[]) =>
    `${label.padEnd(LABEL_WIDTH)}${sparkline(counts, terminal)}  ${sum(counts)} in total, at most ${Math.max(...counts)}`;
  return [
    {
      heading: 'pending by age',
      columns: ageColumns(max),
      rows: byAge.map((item) => ({ ...item, bar: n(numberIn(item['ids'])) })),
    },
    {
      heading: 'arrivals of queued messages (latest on the right)',
      lines: [spark('24 hours', hours), spark('30 days', days)],
    },
    {
      heading: 'topics nearest to 400 KB',
      columns: NEAREST_COLUMNS,
      rows: nearest.map((item) => ({ ...item, bar: n(numberIn(item['share'])) })),
    },
  ];
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

function isSome({ ids }: Item): boolean {
  return numberIn(ids) > 0;
}

function numberIn(value: Item[string] | undefined): number {
  return value !== undefined && 'N' in value ? Number(value.N) : 0;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
