import { describe, expect, it } from 'vitest';
import { n, s } from '../../../src/domain/item.ts';
import type { OutputOptions } from '../../../src/output/document.ts';
import { frame } from '../../../src/output/redraw.ts';
import { reportText } from '../../../src/output/report.ts';
import { Sink } from '../../../src/output/sink.ts';
import type { StatisticsView } from '../../../src/output/statistics.ts';
import { makeTheme } from '../../../src/output/theme.ts';
import { watchedSections } from '../../../src/output/watched-statistics.ts';
import { PassThrough } from 'node:stream';

const view = (topics: number): StatisticsView => ({
  tables: ['mqtt_client', 'mqtt_sub', 'mqtt_msg', 'mqtt_topic_msg_map', 'mqtt_retain', 'mqtt_acked'].map((table) => ({
    table: s(table),
    items: n(7),
    bytes: n(700),
    exact: { BOOL: table === 'mqtt_client' },
  })),
  clients: { online: 3, offline: 4, unknown: 0 },
  pending: topics === 0 ? 'no queued messages' : '150 ids in 12 topics',
  oldest: topics === 0 ? undefined : `the oldest has been queued for 10d 4h: ${'M'.repeat(47)} on site/north/line-1/temp`,
  byAge: ['1m', '1h', '1d', '7d', '30d', 'older'].map((age) => ({ age: s(age), ids: n(topics) })),
  hours: Array.from({ length: 24 }, () => 1),
  days: Array.from({ length: 30 }, () => 1),
  nearest: Array.from({ length: topics }, (_, at) => ({
    topic: s(`site/north/line-${at + 1}/temp`),
    ids: n(800 - at),
    bytes: n(40_000 - at),
    share: n(0.1),
    idsPerDay: n(2),
    daysLeft: n(900),
    nextPublishUnits: n(40),
  })),
});

/** The lines of a frame as `stats --watch` draws it, and how many the text had. */
async function drawn(topics: number, rows: number, width: number): Promise<{ lines: string[]; screen: string[] }> {
  const sink = new Sink(new PassThrough());
  const options: OutputOptions = {
    sink,
    theme: await makeTheme(false, {}),
    terminal: true,
    width,
    header: true,
    csvRaw: false,
    note: () => undefined,
  };
  const clock = { heading: '', lines: ['2024-05-04 09:15:00Z, every 5s; q quits'] };
  const text = await reportText([clock, ...watchedSections(view(topics), options, rows - 2)], options);
  const screen = frame(text, rows)
    .replaceAll(/\u001b\[[HKJ]/g, '')
    .split('\n');
  return { lines: text.split('\n').slice(0, -1), screen };
}

const HEIGHTS = Array.from({ length: 41 }, (_, at) => 10 + at);

describe.each([60, 80, 120])('stats --watch at %i columns', (width) => {
  it.each([0, 1, 3, 10])('fits every height from 10 lines on, with %i topics', async (topics) => {
    for (const rows of HEIGHTS) {
      const { lines, screen } = await drawn(topics, rows, width);
      expect(lines.length, `${rows} lines`).toBeLessThan(rows);
      expect(screen.some((line) => line === '…')).toBe(false);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
      expect(lines[0]).toContain('q quits');
      if (topics > 0) expect(lines[2]).toContain('topics nearest to 400 KB');
      expect(lines.some((line) => line.startsWith('clients   3 online'))).toBe(true);
    }
  });

  it('shows no less of anything on a higher terminal than what mattered more on a lower one', async () => {
    const topicsAt = async (rows: number) =>
      (await drawn(10, rows, width)).lines.filter((line) => line.startsWith('site/')).length;
    expect(await topicsAt(10)).toBe(2);
    expect(await topicsAt(16)).toBeGreaterThanOrEqual(3);
    for (const rows of HEIGHTS.filter((each) => each >= 24)) expect(await topicsAt(rows)).toBeGreaterThanOrEqual(5);
    const whole = (await drawn(10, 50, width)).lines;
    for (const heading of ['arrivals of', 'pending by age', 'table ', 'exact no']) {
      expect(
        whole.filter((line) => line.startsWith(heading)),
        heading,
      ).toHaveLength(1);
    }
    expect(whole.filter((line) => line.startsWith('site/'))).toHaveLength(10);
  });

  it('says how many topics there are beside those that it shows', async () => {
    expect((await drawn(10, 10, width)).lines[2]).toBe('topics nearest to 400 KB (2 of 10)');
    expect((await drawn(2, 24, width)).lines[2]).toBe('topics nearest to 400 KB');
  });
});
