import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import Clients from '../../../src/commands/clients.ts';
import Msg from '../../../src/commands/msg.ts';
import Pending from '../../../src/commands/pending.ts';
import Query from '../../../src/commands/query.ts';
import Scan from '../../../src/commands/scan.ts';
import Stats from '../../../src/commands/stats.ts';
import Subs from '../../../src/commands/subs.ts';
import TablesDescribe from '../../../src/commands/tables/describe.ts';
import TablesDiff from '../../../src/commands/tables/diff.ts';
import TablesList from '../../../src/commands/tables/list.ts';
import Topics from '../../../src/commands/topics.ts';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { replyFault } from '../../../src/dynamo/reply-shape.ts';
import { runCommand, type CommandClass } from '../../harness/run-command.ts';

let server: Server;
let reply = '{}';
beforeAll(async () => {
  server = createServer((_, res) => {
    res.writeHead(200, { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': 'A' }).end(reply);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => server.close());

const COMMANDS: [CommandClass, string[]][] = [
  [Scan, ['mqtt_msg']],
  [Query, ['mqtt_acked', 't']],
  [Query, ['mqtt_msg', 'x']],
  [Subs, []],
  [Subs, ['c']],
  [Clients, []],
  [Clients, ['c']],
  [Topics, []],
  [Pending, []],
  [Stats, []],
  [Msg, ['Mjg4MTk1MDYwNTk0NjYwNzYzMTg4MDk3OTQ2MDU2Nzg1OTD']],
  [TablesList, []],
  [TablesDescribe, ['mqtt_msg']],
  [TablesDiff, []],
];

/** Members that replies have, with values that they cannot have. */
const shapes = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    1,
    'x',
    [],
    { Items: {} },
    { Items: [null] },
    { Items: [{ a: { M: null } }] },
    { B: 1 },
    { Table: null },
  ),
  fc.constantFrom<unknown>(
    { Items: [{ a: { B: 1 } }] },
    { Items: [{ a: {} }] },
    { Item: [] },
    { Item: { a: { S: 1 } } },
    { Table: {} },
  ),
  fc.dictionary(
    fc.constantFrom(
      'Items',
      'Item',
      'Count',
      'Table',
      'TableNames',
      'Responses',
      'UnprocessedKeys',
      'LastEvaluatedKey',
      'ConsumedCapacity',
    ),
    fc.jsonValue({ maxDepth: 2 }),
  ),
);

describe('a reply of another shape', () => {
  it('is E_PROTOCOL, exit 5, with what was wrong, and never a bug (fault 14)', () =>
    fc.assert(
      fc.asyncProperty(fc.constantFrom(...COMMANDS), shapes, async ([command, args], shape) => {
        reply = JSON.stringify(shape);
        const { port } = server.address() as AddressInfo;
        const target = ['--endpoint-url', `http://127.0.0.1:${port}`, '--region', 'local'];
        const { code, stderr } = await runCommand(command, [...args, '--json', ...target]);
        expect([code, stderr]).not.toEqual([70, stderr]);
        if (code === 5) expect(stderr).toMatch(/E_PROTOCOL|E_TIMEOUT/);
      }),
      { numRuns: 60 },
    ));

  it('names where it is (fault 14)', () => {
    expect(replyFault('Scan', null)).toBe('Scan');
    expect(replyFault('Scan', { Items: [{ a: { M: null } }] })).toBe('Scan.Items[].a.M');
    expect(replyFault('Scan', { Items: [{ a: { B: 1 } }], Count: 1 })).toBe('Scan.Items[].a.B');
    expect(replyFault('Scan', { Items: [{ a: { S: '', N: '1' } }] })).toBe('Scan.Items[].a');
    expect(replyFault('GetItem', {})).toBeUndefined();
    expect(
      replyFault('Scan', { Items: [{ a: { L: [{ SS: ['x'] }, { NULL: true }] } }], Count: 1, ScannedCount: 1 }),
    ).toBeUndefined();
  });
});
