import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import Clients from '../../src/commands/clients.ts';
import Complete from '../../src/commands/complete.ts';
import Explain from '../../src/commands/explain.ts';
import Msg from '../../src/commands/msg.ts';
import Pending from '../../src/commands/pending.ts';
import Query from '../../src/commands/query.ts';
import Replay from '../../src/commands/replay.ts';
import Retained from '../../src/commands/retained.ts';
import Scan from '../../src/commands/scan.ts';
import Stats from '../../src/commands/stats.ts';
import Subs from '../../src/commands/subs.ts';
import Subscribe from '../../src/commands/subscribe.ts';
import Topics from '../../src/commands/topics.ts';
import Unsubscribe from '../../src/commands/unsubscribe.ts';
import Apply from '../../src/commands/tables/apply.ts';
import Create from '../../src/commands/tables/create.ts';
import Describe from '../../src/commands/tables/describe.ts';
import Diff from '../../src/commands/tables/diff.ts';
import Drop from '../../src/commands/tables/drop.ts';
import Export from '../../src/commands/tables/export.ts';
import List from '../../src/commands/tables/list.ts';
import { runCommand, temporaryFolder, type CommandClass } from '../harness/run-command.ts';
import { usualLog } from '../harness/replay-fixture.ts';
import { IDS } from '../harness/seed-data.ts';
import { changed, changes, goodReply, type Change } from '../harness/strange-replies.ts';
import { startWireServer, type WireServer } from '../harness/wire-server.ts';

const RUNS = Number(process.env['MQDYN_TEST_STRANGE'] ?? 15);

const folder = temporaryFolder();
const log = join(folder.path, 'log.jsonl');
let server: WireServer;

beforeAll(async () => {
  writeFileSync(
    log,
    usualLog(20)
      .map((event) => `${JSON.stringify(event)}\n`)
      .join(''),
  );
  server = await startWireServer();
  // the pauses between retries are a random part of a limit: none
  vi.spyOn(Math, 'random').mockReturnValue(0);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await server.close();
  folder.remove();
});

const COMMANDS: [name: string, command: CommandClass, ...argv: string[]][] = [
  ['clients', Clients],
  ['clients ID', Clients, 'panel-1'],
  ['complete', Complete, '--', 'subs', ''],
  ['explain', Explain, 'panel-1', 'plant/a/temp'],
  ['msg', Msg, IDS.waiting],
  ['pending', Pending],
  ['pending of a client', Pending, '--client', 'panel-1'],
  ['query', Query, 'mqtt_sub', 'panel-1'],
  ['query of an index', Query, 'mqtt_sub', 'panel-1', '--index', 'by', '--format', 'csv'],
  ['replay', Replay, 'LOG', '--retry-for', '1s'],
  ['replay --dry-run', Replay, 'LOG', '--dry-run'],
  ['retained', Retained, '--wide'],
  ['scan', Scan, 'mqtt_msg'],
  ['scan --format json', Scan, 'mqtt_msg', '--format', 'json', '--segments', '3'],
  ['scan --format ddb-json', Scan, 'mqtt_msg', '--format', 'ddb-json'],
  ['scan --format csv', Scan, 'mqtt_msg', '--format', 'csv'],
  ['scan --count', Scan, 'mqtt_msg', '--count'],
  ['stats', Stats],
  ['subs', Subs],
  ['subs ID', Subs, 'panel-1', '--json'],
  ['subscribe', Subscribe, 'panel-1', 'plant/a/temp'],
  ['tables apply', Apply, '--yes'],
  ['tables create', Create],
  ['tables describe', Describe, 'mqtt_sub'],
  ['tables describe --schema', Describe, 'mqtt_sub', '--schema'],
  ['tables diff', Diff],
  ['tables drop', Drop, 'mqtt_sub', '--yes'],
  ['tables export', Export, '--as', 'terraform'],
  ['tables list', List, '--all'],
  ['topics', Topics],
  ['unsubscribe', Unsubscribe, 'panel-1', '--all'],
];

type Strange = { call: number; ever: boolean; change: Change; whole: string | null };

/** Which call gets an odd reply, whether all later calls of its operation do too, and what the reply is. */
const strange: fc.Arbitrary<Strange> = fc.record({
  call: fc.nat(12),
  ever: fc.boolean(),
  change: changes,
  whole: fc.option(fc.json(), { freq: 4 }),
});

/** After so many calls all replies are good, so that a command that waits for a table ends. */
const LAST_STRANGE = 20;

function answers({ call, ever, change, whole }: Strange): WireServer['reply'] {
  let calls = 0;
  let kind: string | undefined;
  let dropped = false;
  return ({ headers, body }) => {
    const operation = String(headers['x-amz-target']).split('.')[1]!;
    // a command that drops a table waits until it is gone
    if (dropped && operation === 'DescribeTable') return { status: 400, body: '{"__type":"ResourceNotFoundException"}' };
    dropped ||= operation === 'DeleteTable';
    const good = goodReply(operation, JSON.parse(body) as object);
    if (calls === call) kind = operation;
    const isStrange = calls === call || (ever && operation === kind && calls < LAST_STRANGE);
    calls += 1;
    return { body: isStrange ? (whole ?? changed(good, change)) : JSON.stringify(good) };
  };
}

describe('no reply of an endpoint, however odd, makes the program report a bug (fault 14)', () => {
  it.each(COMMANDS)(
    '%s',
    async (name, command, ...argv) => {
      let turn = 0;
      const check = async (plan: Strange) => {
        turn += 1;
        server.reply = answers(plan);
        const files = ['--checkpoint', join(folder.path, `${turn}.cp`), '--rejects', join(folder.path, `${turn}.rejects`)];
        const own = argv.map((word) => (word === 'LOG' ? log : word));
        const args = name === 'replay' ? [...own, ...files] : own;
        const env = { MQDYN_ENDPOINT_URL: server.endpoint, MQDYN_REGION: 'local' };
        const { code, stderr } = await runCommand(command, args, { env });
        expect({ code, stderr }).not.toEqual({ code: 70, stderr });
        expect(stderr).not.toMatch(/E_BUG|TypeError|RangeError|NaN/);
      };
      await fc.assert(fc.asyncProperty(strange, check), { numRuns: RUNS, endOnFailure: true });
    },
    120_000,
  );
});
