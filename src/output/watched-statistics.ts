import type { OutputOptions, Section } from './document.ts';
import { statisticsParts, type StatisticsView } from './statistics.ts';

/** So many topics are seen before anything else than the clients and the queue takes their place. */
const TOPICS = 5;

/** The same beside the clients, the queue and the arrivals. */
const FEW_TOPICS = 3;

/**
 * Statistics for a terminal that has so many lines left, one of them blank before every section. What matters most comes first
 * and shrinks last: the topics nearest to 400 KB, then the clients and the queue, arrivals, ages, tables.
 */
export function watchedSections(view: StatisticsView, options: OutputOptions, room: number): Section[] {
  const { tables, note, clients, pending, short, byAge, arrivals, nearest } = statisticsParts(view, options);
  const topics = nearest?.rows.length ?? 0;
  const heightOf = (all: readonly Section[]) => all.reduce((sum, section) => sum + 1 + linesOf(section), 0);
  const fits = (all: readonly Section[], rows: number) => {
    const top = nearest === undefined ? 0 : 1 + linesOf({ ...nearest, rows: [] }) + Math.min(rows, topics);
    return top + heightOf(all) <= room;
  };
  let below = [lines([...clients, ...pending])];
  if (!fits(below, FEW_TOPICS)) below = [lines([...clients, ...short])];
  for (const section of [arrivals, byAge, tables, note.length > 0 ? lines(note) : undefined]) {
    if (section !== undefined && fits([...below, section], section === arrivals ? FEW_TOPICS : TOPICS)) below.push(section);
  }
  if (nearest === undefined) return below;
  const left = room - heightOf(below) - 1 - linesOf({ ...nearest, rows: [] });
  const rows = nearest.rows.slice(0, Math.max(1, left));
  const heading = rows.length < topics ? `${nearest.heading} (${rows.length} of ${topics})` : nearest.heading;
  return [{ ...nearest, heading, rows }, ...below];
}

function lines(texts: readonly string[]): Section {
  return { heading: '', lines: texts };
}

function linesOf(section: Section): number {
  const heading = section.heading === '' ? 0 : 1;
  return heading + ('lines' in section ? section.lines.length : 1 + section.rows.length);
}
