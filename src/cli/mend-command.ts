import type { Finding } from '../domain/integrity/finding.ts';
import { commandLine } from './shell-words.ts';

/** What to type about a finding that --fix does not mend; VALUE is for the operator to choose. */
const BY_HAND: Readonly<Record<string, (finding: Finding) => string[]>> = {
  table_missing: ({ key }) => ['tables', 'create', key],
  foreign_schema: ({ subject }) => ['tables', 'describe', subject],
  schema_drift: ({ key }) => ['tables', 'diff', key],
  missing_attribute: (finding) => ['update', ...keyOf(finding), '--set', `${finding.about}=VALUE`],
  attribute_type: (finding) => ['update', ...keyOf(finding), '--set', `${finding.about}=VALUE`],
  attribute_value: (finding) => ['update', ...keyOf(finding), '--set', `${finding.about}=VALUE`],
  unknown_attribute: (finding) => ['update', ...keyOf(finding), '--remove', finding.about ?? ''],
  map_type: (finding) => ['get', ...keyOf(finding), '--format', 'ddb-json'],
  msgid_invalid: (finding) => ['get', ...keyOf(finding)],
  msgid_future: (finding) => ['get', ...keyOf(finding)],
  sub_filter_invalid: ({ key, sort = '' }) => ['unsubscribe', key, sort],
  sub_qos_invalid: ({ key, sort = '' }) => ['subscribe', key, sort, '--qos', '1'],
  sub_fetches_nothing: ({ key }) => ['explain', key],
  topic_near_limit: ({ key }) => ['purge', 'messages', '--topic', key, '--older-than', '30d'],
  ghost_client: ({ key }) => ['update', 'mqtt_client', key, '--set', 'connect_state=0', '--if', 'connect_state = 1'],
  ack_behind_queue: ({ key, sort = '' }) => ['explain', sort, key],
  message_store_only: ({ key }) => ['delete', 'messages', key],
};

/** The command that mends what a check found: all of it by --fix, or the first example by hand; undefined where nothing has to be done. */
export function mendCommand(check: string, mendable: number, examples: readonly Finding[]): string | undefined {
  if (mendable > 0) return commandLine('mqdyn', 'doctor', '--check', check, '--fix');
  const [first] = examples;
  const words = first === undefined ? undefined : BY_HAND[check]?.(first);
  return words === undefined ? undefined : commandLine('mqdyn', ...words);
}

function keyOf({ table, key, sort }: Finding): string[] {
  return sort === undefined ? [table, key] : [table, key, sort];
}
