import type { LiveStanding } from '../app/live/options.ts';
import { metricText } from '../output/prometheus.ts';

type Metric = [type: 'counter' | 'gauge', name: string, help: string, value: (standing: LiveStanding) => number];

const METRICS: readonly Metric[] = [
  ['counter', 'read_total', 'Events settled: applied, superseded, skipped or rejected.', ({ read }) => read],
  ['counter', 'applied_total', 'Events that wrote to the tables.', ({ applied }) => applied],
  ['counter', 'superseded_total', 'Events whose writes a later event replaced.', ({ superseded }) => superseded],
  ['counter', 'skipped_total', 'Events without an effect.', ({ skipped }) => skipped],
  ['counter', 'late_total', 'Events that came after one that they should have come before.', ({ late }) => late],
  ['counter', 'rejected_total', 'Events that were not applied.', ({ rejected }) => rejected],
  ['counter', 'refused_requests_total', 'Requests answered 503.', ({ refused }) => refused],
  ['counter', 'requests_total', 'Calls to DynamoDB.', ({ requests }) => requests],
  ['counter', 'retries_total', 'Calls to DynamoDB that were repeated.', ({ retries }) => retries],
  ['gauge', 'waiting_events', 'Events taken in this run and not settled.', ({ waiting }) => waiting],
  ['gauge', 'spool_bytes', 'Bytes in the spool that are not applied.', ({ spoolBytes }) => spoolBytes],
  ['gauge', 'oldest_unsent_seconds', 'Age of the oldest event that is not settled.', ({ oldestSeconds }) => oldestSeconds],
  ['gauge', 'healthy', '1 when events get into the tables.', ({ healthy }) => (healthy ? 1 : 0)],
];

/** How a listener stands, in the text format of Prometheus. */
export function liveMetrics(standing: LiveStanding): string {
  const texts = METRICS.map(([type, name, help, value]) =>
    metricText(type, `mqdyn_replay_${name}`, help, [{ labels: {}, value: value(standing) }]),
  );
  return texts.join('');
}
