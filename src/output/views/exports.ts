import { REDACTED, type ExportManifest, type ManifestTable } from '../../domain/export/manifest.ts';
import type { ExportContent } from '../../domain/export/summary.ts';
import type { Item } from '../../domain/item.ts';
import { isoText } from '../../domain/records/times.ts';
import type { InspectedExport, InspectedTable } from '../../domain/views/exports.ts';
import { columns, topicColumns } from '../columns.ts';
import type { Column, Section } from '../document.ts';
import { itemOf, listOf } from '../items.ts';
import { isoOrNull, topicItem } from './topics.ts';

/** A table that was exported. */
export const EXPORT_COLUMNS: readonly Column[] = [
  { name: 'table' },
  { name: 'itemCount', label: 'items' },
  { name: 'bytes', kind: 'bytes' },
  { name: 'files' },
  { name: 'consumedCapacity', label: 'read units' },
  { name: 'folder', aside: true },
];

export function exportItem({ live, itemCount, textBytes, files, consumedCapacity, folder }: ManifestTable): Item {
  const data = files.filter(({ path }) => path.includes('/data/')).length;
  return itemOf({ table: live, itemCount, bytes: textBytes, files: data, consumedCapacity, folder });
}

/** What is wrong with an export. */
export const FAULT_COLUMNS: readonly Column[] = columns(['file', 'what']);

/** Members of what `--inspect` tells, in their order. */
export const INSPECT_COLUMNS: readonly Column[] = columns([
  'source',
  'startTime',
  'endTime',
  'redacted',
  'note',
  'tables',
  'topics',
]);

const TABLE_COLUMNS: readonly Column[] = [
  { name: 'table' },
  { name: 'holds', optional: true },
  { name: 'items' },
  { name: 'bytes', kind: 'bytes' },
  { name: 'largest', kind: 'bytes' },
  { name: 'oldest', kind: 'time' },
  { name: 'newest', kind: 'time', optional: true },
];

/** Topics that are listed for people where no depth was asked for. */
const LISTED = 10;

export function inspectedItem(manifest: ExportManifest | undefined, { tables, topics }: InspectedExport): Item {
  return {
    ...itemOf({
      source: manifest?.source ?? null,
      startTime: manifest?.startTime ?? null,
      endTime: manifest?.endTime ?? null,
      redacted: manifest?.redacted ?? null,
      note: manifest?.note ?? null,
    }),
    tables: listOf(tables.map(tableItem)),
    topics: listOf(topics.map(topicItem)),
  };
}

function tableItem({ table, content, items, bytes, largest, oldest, newest }: InspectedTable): Item {
  const times = { oldest: isoOrNull(oldest), newest: isoOrNull(newest) };
  return itemOf({ table, holds: contentText(content), ...contentMembers(content), items, bytes, largest, ...times });
}

/** What `holds` says, for programs. */
function contentMembers(content: ExportContent) {
  const { at, from, to, view } = { at: undefined, from: undefined, to: undefined, view: null, ...content };
  return { kind: content.kind, at: isoOrNull(at), from: isoOrNull(from), to: isoOrNull(to), view };
}

function contentText(content: ExportContent): string {
  if (content.kind === 'incremental') return `changes from ${isoText(content.from)} to ${isoText(content.to)}, ${content.view}`;
  return content.at === undefined ? 'all items' : `all items as of ${isoText(content.at)}`;
}

/** The same for people. */
export function inspectSections(
  manifest: ExportManifest | undefined,
  { tables, topics }: InspectedExport,
  { now, tree }: { now: number; tree: boolean },
): Section[] {
  const shown = tree ? topics : topics.slice(0, LISTED);
  const rest = topics.length - shown.length;
  const from =
    manifest === undefined
      ? []
      : [
          `${manifest.source}, read from ${manifest.startTime} to ${manifest.endTime}`,
          ...(manifest.redacted ? [`redacted: ${REDACTED}`] : []),
          manifest.note,
        ];
  return [
    ...(from.length === 0 ? [] : [{ heading: '', lines: from }]),
    { heading: 'tables', columns: TABLE_COLUMNS, rows: tables.map(tableItem) },
    ...(topics.length === 0
      ? []
      : [
          {
            heading: rest > 0 ? `largest topics (${rest} more: --depth N shows a tree)` : 'topics',
            columns: topicColumns(now, tree),
            rows: shown.map(topicItem),
          },
        ]),
  ];
}
