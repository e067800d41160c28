import { TARGET_NAMES } from './flags.ts';
import { SCAN_FLAGS } from './native-export.ts';

/** Why two flags exclude each other, by their names in alphabetical order. */
const CONFLICTS: Readonly<Record<string, string>> = {
  'csv-raw schema': 'a schema file is always JSON',
  'fields schema': 'a schema file is always whole',
  'format schema': 'a schema file is always JSON',
  'no-header schema': 'a schema file is always JSON',
  'offline online': 'a client is either online or offline',
  'plan plan-out': 'one carries out a saved plan, the other saves a new one',
  'ignore plan': 'a saved plan is carried out as a whole',
  'no-wait wait': 'one says how long to wait, the other not to wait',
  'client limit': 'the messages of one client are always shown in full',
  'decode topic': 'decoding an id reads no table',
  'fields watch': 'the picture that is redrawn has no columns to choose from',
  'client watch': 'the messages of one client are read once',
  'fail-over watch': 'a picture that is redrawn has no end to fail at',
  'cost watch': 'an estimate of a month does not change from moment to moment',
  'restart resume': 'one starts over, the other goes on',
  'dry-run resume': 'a dry run looks at everything and writes nothing',
  'dry-run restart': 'a dry run looks at everything and writes nothing',
  'dry-run to-import': 'rendering for an import writes to no table anyway',
  'resume to-import': 'rendering always starts from the first record',
  'checkpoint to-import': 'rendering always starts from the first record',
  'shard to-import': 'rendering needs the whole recording',
  'count fields': 'a count has no fields',
  'segments subset': 'a part is one segment already',
  'check plan': 'a saved plan is carried out as a whole',
  'plan subset': 'a saved plan is carried out as a whole',
  'hooks plan': 'a saved plan was made by the rules of its own run',
  'fix from': 'repairs are made in live tables',
  'from plan': 'repairs are made in live tables',
  'from plan-out': 'repairs are made in live tables',
  'from subset': 'an export is read as a whole',
  'from segments': 'an export is read as a whole',
  'at from': 'a full export has one instant, an incremental one a window',
  'at to': 'a full export has one instant, an incremental one a window',
  'break-lock listen': 'a listener has no checkpoint',
  'checkpoint listen': 'a listener has no checkpoint; --spool keeps what is not applied',
  'diff listen': 'a listener applies what it takes',
  'dry-run listen': 'a listener applies what it takes',
  'listen max-line': 'the length of a body has a limit of its own',
  'listen restart': 'a listener has no checkpoint',
  'listen resume': 'a listener goes on from its --spool by itself',
  'listen shard': 'a listener applies all that it takes',
  'listen to-import': 'rendering needs the whole recording',
  'listen verify-input': 'what comes by HTTP cannot be read twice',
  'as fields': 'a configuration has no columns to choose from',
  'as json': 'a configuration has a format of its own',
  'bulk native': 'one loads existing tables, the other makes new ones',
  'assume-offline online-list': 'one says that nobody is online, the other who is',
  'ack dry-run': 'a dry run delivers nothing that could leave the tables',
  'if if-absent': 'a condition on what is there says more than that nothing is',
};

/** Why one flag needs another one: `flag needed`. */
const NEEDS: Readonly<Record<string, string>> = {
  'qos subscribed': 'it is the QoS of that subscription',
  'watch count': 'only a count fits in place',
  'messages-per-day cost': 'it is what the cost is estimated from',
  'token-file listen': 'it is what requests to the listener must carry',
  'spool listen': 'it holds what the listener has taken',
  'spool-limit spool': 'it bounds that folder',
  'pool hooks': 'pools are named in that file',
  'diff dry-run': 'it only compares and never writes',
  'depth inspect': 'it is how many levels of topics are shown',
  'at native': "only DynamoDB's own export goes back to an instant",
  'from native': "only DynamoDB's own export knows what has changed",
  'to native': "only DynamoDB's own export knows what has changed",
  'no-wait native': 'only a job of DynamoDB goes on by itself',
  'from to': 'a window has two ends',
  'to from': 'a window has two ends',
  'restart native': 'only such a job is found again by its request',
  'restart bulk': 'only such a job is found again by its request',
  'yes-overwrite-map bulk': 'new tables hold nothing that could be overwritten',
  'confirm yes': 'it is the consent to what --yes carries out',
  'tls-cert tls-key': 'a certificate is proved with its key',
  'tls-key tls-cert': 'a key proves a certificate',
  'pre-create-sessions pending': 'a session is made so that what waits is queued for it',
  'online-list pre-create-sessions': 'only a session that is made could take over a client',
  'assume-offline pre-create-sessions': 'only a session that is made could take over a client',
  'ack yes': 'it deletes from the tables',
  'ack pending': 'only what waits leaves the tables',
  'resume yes': 'without it nothing is deleted that could be gone on with',
  'restart yes': 'without it nothing is deleted that could be begun anew',
};

/** Why none of some flags goes with any of others. */
const GROUPS: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['an export is read without a target', ['from'], TARGET_NAMES],
  ['an export that is looked at is there already', ['verify', 'inspect'], [...SCAN_FLAGS, 'restart']],
  ['DynamoDB itself reads the tables', ['native'], SCAN_FLAGS],
];

export function conflictReason(a: string, b: string): string | undefined {
  const group = GROUPS.find(([, one, other]) => (one.includes(a) && other.includes(b)) || (one.includes(b) && other.includes(a)));
  return CONFLICTS[[a, b].sort().join(' ')] ?? group?.[0];
}

export function needReason(flag: string, needed: string): string | undefined {
  return NEEDS[`${flag} ${needed}`];
}
