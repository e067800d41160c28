import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import Hooks from '../../src/commands/hooks.ts';
import Replay from '../../src/commands/replay.ts';
import type { StopSignal } from '../../src/cli/io.ts';
import { freePort } from '../harness/free-port.ts';
import { memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';
import { RawClient } from '../harness/raw-client.ts';
import { publish, ReplayFixture } from '../harness/replay-fixture.ts';
import { runCommand } from '../harness/run-command.ts';

let engine: MemoryEngine;
let fixture: ReplayFixture;

beforeAll(async () => {
  engine = await memoryEngine();
});
afterAll(() => engine.stop());
afterEach(() => fixture?.close());

describe('replay --listen', () => {
  it('applies what is posted, with the rules of the flags, until it is stopped', async () => {
    fixture = await ReplayFixture.open(engine, []);
    const port = await freePort();
    let stop!: (signal: StopSignal) => void;
    const args = ['--listen', String(port), '--topic', 'plant/#', '--time-unit', 'ms', ...fixture.target];
    const running = runCommand(Replay, args, {
      onSignal: (listener) => {
        stop = listener;
        return () => undefined;
      },
    });
    const client = new RawClient(`http://127.0.0.1:${port}`);
    while ((await client.get('/health')).status === 0) await delay(20);
    const other = publish(2, { topic: 'other' });
    const answer = await client.post(JSON.stringify([publish(1), other]));
    expect([answer.status, answer.body]).toEqual([200, '{"read":2,"rejected":0}\n']);
    const metrics = (await client.get('/metrics')).body;
    expect(metrics).toContain('# TYPE mqdyn_replay_read_total counter\nmqdyn_replay_read_total 2\n');
    expect(metrics).toContain('# TYPE mqdyn_replay_spool_bytes gauge\nmqdyn_replay_spool_bytes 0\n');
    expect(metrics).toContain('mqdyn_replay_skipped_total 1\n');
    stop('SIGTERM');
    const { stdout, stderr, raised } = await running;
    expect([stdout, raised]).toEqual(['', 'SIGTERM']);
    expect(stderr).toContain(`listening on http://127.0.0.1:${port}\n`);
    expect(stderr).toContain('stopped; read 2 = applied 1 + superseded 0 + skipped 1 + rejected 0\n');
    expect((await fixture.rows()).some((row) => row.includes('1714727731250'))).toBe(true);
  });

  it('a disconnect that is older than the connect before it is skipped and counted', async () => {
    fixture = await ReplayFixture.open(engine, []);
    const port = await freePort();
    let stop!: (signal: StopSignal) => void;
    const spool = join(fixture.folder.path, 'spool');
    const running = runCommand(Replay, ['--listen', `127.0.0.1:${port}`, '--spool', spool, ...fixture.target], {
      onSignal: (listener) => {
        stop = listener;
        return () => undefined;
      },
    });
    const client = new RawClient(`http://127.0.0.1:${port}`);
    while ((await client.get('/health')).status === 0) await delay(20);
    const connected = { event: 'client.connected', clientid: 'c', node: 'n', timestamp: 1_714_727_730_000 };
    const disconnected = { event: 'client.disconnected', clientid: 'c', reason: 'tcp_closed', timestamp: 1_714_727_729_999 };
    expect((await client.post(JSON.stringify([connected, disconnected]))).status).toBe(200);
    while (!/late_total 1\n/.test((await client.get('/metrics')).body)) await delay(20);
    stop('SIGTERM');
    expect((await running).stderr).toContain('read 2 = applied 1 + superseded 0 + skipped 1 + rejected 0');
    await fixture.expectEqual([connected]);
    expect(existsSync(join(spool, 'rejects.jsonl'))).toBe(false);
  });

  it.each([
    [[], 'missing argument FILE'],
    [['--listen', '8333', 'file.jsonl'], '--listen takes events by HTTP, and no files'],
    [['--listen', 'nonsense'], 'invalid --listen "nonsense"; use HOST:PORT'],
    [['--listen', '127.0.0.1:65536'], 'invalid --listen'],
    [['--spool', 'x'], '--spool needs --listen: it holds what the listener has taken'],
    [['--token-file', 'x'], '--token-file needs --listen'],
    [['--listen', '8333', '--spool-limit', '3000000'], '--spool-limit needs --spool'],
    ...(
      [
        [['--checkpoint', 'x'], 'a listener has no checkpoint; --spool keeps what is not applied'],
        [['--resume'], 'a listener goes on from its --spool by itself'],
        [['--restart'], 'a listener has no checkpoint'],
        [['--break-lock'], 'a listener has no checkpoint'],
        [['--dry-run'], 'a listener applies what it takes'],
        [['--dry-run', '--diff'], 'a listener applies what it takes'],
        [['--to-import', 'x'], 'rendering needs the whole recording'],
        [['--shard', '1/2'], 'a listener applies all that it takes'],
        [['--verify-input'], 'what comes by HTTP cannot be read twice'],
        [['--max-line', '2000'], 'the length of a body has a limit of its own'],
      ] as const
    ).map(([flags, why]): [string[], string] => [['--listen', '8333', ...flags], `exclude each other: ${why}`]),
  ])('%j is a usage error', async (args, sentence) => {
    const { code, stderr } = await runCommand(Replay, args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(sentence)]);
  });
});

describe('hooks --as', () => {
  it('emqx5 is a connector, an action and a rule that selects what the backend acts on', async () => {
    const { code, stdout } = await runCommand(Hooks, ['--as', 'emqx5']);
    expect(code).toBe(0);
    for (const part of ['connectors.http.mqdyn {', 'actions.http.mqdyn {', 'rule_engine.rules.mqdyn {'])
      expect(stdout).toContain(part);
    expect(stdout.match(/"(?:#|\$events\/\w+)"/g)).toEqual([
      '"#"',
      '"$events/client_connected"',
      '"$events/client_disconnected"',
      '"$events/session_unsubscribed"',
      '"$events/message_acked"',
    ]);
    const braces = (brace: string) => stdout.replace(/#.*$/gm, '').split(brace).length;
    expect(braces('{')).toBe(braces('}'));
  });

  it('systemd is a unit whose command the program takes', async () => {
    const { code, stdout } = await runCommand(Hooks, ['--as', 'systemd']);
    expect(code).toBe(0);
    const [, args = ''] = /^ExecStart=\/usr\/bin\/env mqdyn replay (.*)$/m.exec(stdout) ?? [];
    const result = await runCommand(Replay, [...args.split(' '), '--region', '!']);
    // as far as the token, which systemd puts there
    expect([result.code, result.stderr]).toEqual([4, expect.stringContaining('%d/token cannot be read (ENOENT)')]);
    for (const line of ['Restart=always', 'DynamicUser=yes', 'StateDirectory=mqdyn', 'LoadCredential=token:/etc/mqdyn/token'])
      expect(stdout.split('\n')).toContain(line);
  });

  it.each([['--json'], ['--fields=hook']])('does not go with %s', async (flag) => {
    expect((await runCommand(Hooks, ['--as', 'emqx5', flag])).code).toBe(2);
  });
});
