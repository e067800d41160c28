import { PassThrough, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import Clients from '../../src/commands/clients.ts';
import Pending from '../../src/commands/pending.ts';
import Query from '../../src/commands/query.ts';
import Retained from '../../src/commands/retained.ts';
import Scan from '../../src/commands/scan.ts';
import Stats from '../../src/commands/stats.ts';
import Subs from '../../src/commands/subs.ts';
import TablesCreate from '../../src/commands/tables/create.ts';
import TablesList from '../../src/commands/tables/list.ts';
import Topics from '../../src/commands/topics.ts';
import { local, runCommand, temporaryFolder, type CommandClass, type RunOptions } from '../harness/run-command.ts';
import { NOW, seed } from '../harness/seed-data.ts';

const folder = temporaryFolder();
const none = temporaryFolder();
const run = (command: CommandClass, argv: string[], options: RunOptions = {}) =>
  runCommand(command, [...argv, ...local(folder.path)], { now: NOW, ...options });

beforeAll(async () => {
  await runCommand(TablesCreate, local(folder.path));
  await seed(folder.path);
});
afterAll(() => [folder, none].forEach((each) => each.remove()));

type Row = Record<string, unknown>;

async function column(command: CommandClass, argv: string[], field: string): Promise<unknown[]> {
  const { stdout, code, stderr } = await run(command, [...argv, '--json']);
  expect(code, stderr).toBe(0);
  return (JSON.parse(stdout) as { items: Row[] }).items.map((row) => row[field]);
}

describe('--sort', () => {
  const cases: readonly (readonly [string, CommandClass, string[], string])[] = [
    ['clients', Clients, [], 'age'],
    ['retained', Retained, [], 'bytes'],
    ['pending', Pending, ['plant/#'], 'bytes'],
    ['pending of a client', Pending, ['--client', 'panel-1'], 'qos'],
    ['topics', Topics, [], 'share'],
    ['scan', Scan, ['mqtt_msg', '--limit', '50'], 'qos'],
    ['query', Query, ['mqtt_sub', 'panel-1'], 'qos'],
    ['tables list', TablesList, [], 'itemCount'],
  ];
  it.each(cases)('of %s is by number, with what is missing last, both ways', async (_, command, argv, field) => {
    const rank = (value: unknown) => (typeof value === 'number' ? value : Infinity);
    for (const [suffix, sign] of [
      ['', 1],
      [':desc', -1],
    ] as const) {
      const values = await column(command, [...argv, '--sort', `${field}${suffix}`], field);
      const numbers = values.filter((value) => typeof value === 'number');
      expect(numbers).toEqual(numbers.toSorted((a, b) => sign * (a - b)));
      expect(values.slice(0, numbers.length).every((value) => rank(value) < Infinity)).toBe(true);
      expect(numbers.length).toBeGreaterThan(0);
    }
  });

  it('takes the first N of a whole scan, and reads the field that is not shown', async () => {
    const all = await column(Scan, ['mqtt_msg', '--limit', '50', '--sort', 'msgid'], 'msgid');
    expect(await column(Scan, ['mqtt_msg', '--limit', '3', '--sort', 'msgid'], 'msgid')).toEqual(all.slice(0, 3));
    const { stdout, stderr } = await run(Scan, [
      'mqtt_msg',
      '--sort',
      'msgid',
      '--limit',
      '2',
      '--fields',
      'topic',
      '--format',
      'jsonl',
    ]);
    expect(
      stdout
        .split('\n')
        .slice(0, -1)
        .map((line) => Object.keys(JSON.parse(line) as Row)),
    ).toEqual([['topic'], ['topic']]);
    expect(stderr).toContain('showing 2 of 12 items');
  });

  it('tells times of different units apart', async () => {
    const since = await column(Clients, ['--sort', 'since'], 'since');
    // EMQX 3.x wrote seconds, in 2019
    expect(since[0]).toBe(1_562_308_553);
    expect(
      since
        .filter((each) => each !== null)
        .slice(1)
        .every((each) => Number(each) > 1e12),
    ).toBe(true);
  });

  const wrong: readonly (readonly [CommandClass, string[], string])[] = [
    [Clients, ['--sort', 'agee'], 'unknown field "agee". Did you mean age? Fields: clientid, state'],
    [Subs, ['--sort', 'nope'], 'Fields: clientid, topic, qos'],
    [Retained, ['--sort', ''], '--sort names no field'],
    [Pending, ['--sort', 'size'], 'unknown field "size"'],
    [Topics, ['--sort', 'size'], 'unknown field "size"'],
    [Topics, ['--sort', 'ids', '--depth', '2'], '--depth draws a tree'],
    [Scan, ['mqtt_msg', '--sort', 'nope'], 'unknown field "nope"'],
    [Scan, ['mqtt_msg', '--sort', 'qos', '--json'], '--sort needs --limit'],
    [Scan, ['mqtt_msg', '--sort', 'qos', '--count'], 'nothing to sort'],
    [TablesList, ['--sort', 'nope'], 'unknown field "nope"'],
  ];
  it.each(wrong)('%o %j is refused before anything is read', async (command, argv, said) => {
    // without tables every read would end with E_NO_TABLE
    const result = await runCommand(command, [...argv, ...local(none.path)]);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain(said);
  });
});

describe('the order of views', () => {
  it.each([
    ['clients', Clients, 'clientid'],
    ['retained', Retained, 'topic'],
  ] as const)('of %s is that of its keys', async (_, command, field) => {
    const keys = (await column(command, [], field)) as string[];
    expect(keys).toEqual(keys.toSorted((a, b) => (a < b ? -1 : 1)));
  });

  it('of subs is by client, then topic', async () => {
    const { stdout } = await run(Subs, ['--json']);
    const keys = (JSON.parse(stdout) as { items: Row[] }).items.map(
      ({ clientid, topic }) => `${String(clientid)}\0${String(topic)}`,
    );
    expect(keys).toEqual(keys.toSorted());
  });

  it('is told in numbers that agree', async () => {
    const { stderr } = await run(Clients, ['--online']);
    expect(stderr).toMatch(/^5 of 10 clients; 10 items read/m);
    expect((await run(Clients, [])).stderr).not.toContain(' of ');
  });
});

describe('pending', () => {
  it.each([
    [['--state', 'unreadable'], '2 of 133 queued messages; '],
    [['--state', 'gone', '--limit', '4'], 'showing the 4 oldest; use --limit for more; '],
    [['--state', 'gone', '--limit', '4', '--sort', 'topic'], 'showing 4; use --limit for more; '],
    [['--limit', '4'], 'showing the 4 oldest of 133; use --limit for more; '],
    [['plant/#'], ''],
    [['testtopic', '--state', 'gone'], 'no queued messages match\n0 of 1 queued message; '],
    [['nothing/there'], 'no queued messages\n'],
  ])('%j says how much of it is shown', async (argv, said) => {
    const { stderr } = await run(Pending, argv);
    expect(stderr.replace(/^.*looking up.*\n/, '')).toMatch(new RegExp(`^${said}\\d+ items? read, `));
  });

  it('takes what is old enough, and what is in a state', async () => {
    const old = (await column(Pending, ['--older-than', '23h'], 'age')) as number[];
    expect(old.length).toBeGreaterThan(100);
    expect(old.every((age) => age >= 82_799)).toBe(true);
    expect(new Set(await column(Pending, ['--state', 'gone', '--limit', '4'], 'state'))).toEqual(new Set(['message_gone']));
    expect(await column(Pending, ['--state', 'gone', '--limit', '4'], 'state')).toHaveLength(4);
    expect(await column(Pending, ['--state', 'unreadable'], 'preview')).toEqual(['<4 bytes, hex> 00fffe07', null]);
    expect(await column(Pending, ['--state', 'deliverable', '--client', 'panel-1'], 'deliverable')).toEqual([true, true]);
    expect(await column(Pending, ['--state', 'gone', '--client', 'panel-1'], 'reason')).toEqual(['message_gone']);
  });

  it('says on stderr in which way it looks messages up', async () => {
    expect((await run(Pending, [])).stderr).toMatch(/looking up 100 messages by (key|a scan of mqtt_msg): about \d+ read units/);
  });

  it('shows the msgid by --wide alone', async () => {
    expect((await run(Pending, ['plant/#'])).stdout.split('\n')[0]).toMatch(/^time +topic +qos +bytes +state +payload$/);
    expect((await run(Pending, ['plant/#', '--wide'], { columns: 60, env: { NO_COLOR: '1' } })).stdout.split('\n')[0]).toMatch(
      / msgid +payload$/,
    );
  });
});

/** A terminal at which keys are typed once so many frames were drawn; `shown` is what was. */
function terminal(keys: string, after = 2): RunOptions & { shown: () => string } {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, modes: [] as boolean[], setRawMode: (on: boolean) => on });
  let shown = '';
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      const frames = shown.split(FRAME).length;
      shown += chunk.toString();
      if (frames <= after && shown.split(FRAME).length > after) stdin.write(keys);
      done();
    },
  });
  return { columns: 100, env: { NO_COLOR: '1' }, terminal: stdin, stdout, shown: () => shown };
}

/** What a frame begins with. */
const FRAME = '\u001b[H';

describe('--watch', () => {
  it.each([
    ['clients', Clients, [], /clientid +state/],
    ['topics', Topics, ['--sort', 'bytes'], /topic +topics +ids/],
    ['pending', Pending, ['plant/#'], /time +topic/],
    ['scan --count', Scan, ['mqtt_msg', '--count'], /12 items \(12 scanned/],
    ['stats', Stats, [], /^2024-05-04 09:15:00Z, every 1s; q quits\n\ntopics nearest to 400 KB/],
  ] as const)('%s draws in place until q', async (_, command, argv, shown) => {
    const seen = terminal('xq');
    const result = await run(command, [...argv, '--watch', '1s'], seen);
    expect(result).toMatchObject({ code: 0, raised: undefined });
    // eslint-disable-next-line no-control-regex
    const frames = seen.shown().replaceAll('\u001b[K', '').split(FRAME).slice(1);
    expect(frames.length).toBeGreaterThan(1);
    for (const frame of frames) expect(frame).toMatch(shown);
    expect(seen.shown().endsWith('\u001b[?25h\n')).toBe(true);
  });

  it('makes a signal of Ctrl-C', async () => {
    const result = await run(Stats, ['--watch', '1s'], terminal('\u0003q', 1));
    expect(result.raised).toBe('SIGINT');
  });

  it.each([
    [Clients, ['panel-1', '--watch', '1s'], '--watch selects from all clients'],
    [Topics, ['--watch', '1s'], '--watch redraws a terminal'],
    [Scan, ['mqtt_msg', '--watch', '1s'], '--count'],
    [Pending, ['--watch', '1s', '--client', 'x'], '--client'],
  ] as const)('%o %j is refused', async (command, argv, said) => {
    const result = await run(command, [...argv]);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain(said);
  });
});

describe('stats', () => {
  it('fails when a topic is beyond a share', async () => {
    const beyond = await run(Stats, ['--fail-over', '1%']);
    expect(beyond.code).toBe(1);
    expect(beyond.stderr).toContain('crowd is at 1.4 % of 400 KB, beyond 1.0 %');
    expect((await run(Stats, ['--fail-over', '80%'])).code).toBe(0);
    expect((await run(Stats, ['--fail-over', 'full'])).stderr).toContain('invalid share "full"');
  });

  it('estimates the cost by dated prices', async () => {
    const argv = ['--cost', '--region', 'us-east-1', '--messages-per-day', '1000000'];
    const { cost } = JSON.parse((await run(Stats, [...argv, '--json'])).stdout) as { cost: Row };
    // 2 units a message: its row and that of the map
    expect(cost).toMatchObject({
      region: 'us-east-1',
      pricesAsOf: '2024-11-01',
      storage: 0,
      readCapacity: 30,
      writeCapacity: 30,
    });
    expect(cost['provisioned']).toBe(Number((730 * 30 * (0.000_65 + 0.000_13)).toFixed(2)));
    expect(Number(cost['writeUnits'])).toBeGreaterThanOrEqual(60_833_333);
    expect(cost['onDemand']).toBe(Number(((Number(cost['writeUnits']) / 1e6) * 0.625).toFixed(2)));
    const { stdout } = await run(Stats, argv);
    expect(stdout).toContain('monthly cost in us-east-1: an estimate by list prices of 2024-11-01');
    expect(stdout).toContain('30 WCU and 30 RCU as configured');
  });

  it.each([
    ['us-east-1', 0.625, 0.000_65, 0.000_13],
    ['eu-west-1', 0.705, 0.000_735, 0.000_147],
    ['eu-central-1', 0.7625, 0.000_793, 0.000_158_6],
  ])('knows the prices of %s', async (region, million, write, read) => {
    const argv = ['--cost', '--region', region, '--messages-per-day', '1000000', '--json'];
    const { cost } = JSON.parse((await run(Stats, argv)).stdout) as { cost: Row };
    expect(cost['onDemand']).toBe(Number(((Number(cost['writeUnits']) / 1e6) * million).toFixed(2)));
    expect(cost['provisioned']).toBe(Number((730 * 30 * (write + read)).toFixed(2)));
  });

  it.each([
    [['--cost'], '--cost needs a region. Add --region: us-east-1'],
    [['--cost', '--region', 'mars-1'], 'the prices of mars-1 are not known here. Known: us-east-1'],
    [['--messages-per-day', '5'], '--cost'],
  ])('%j is refused', async (argv, said) => {
    const result = await runCommand(Stats, [...argv, ...local(none.path)]);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain(said);
  });
});

describe('ghosts', () => {
  it('are told alike in the list and in the dossier', async () => {
    const { stdout } = await run(Clients, ['--json']);
    const { items } = JSON.parse(stdout) as { items: Row[] };
    for (const { clientid, ghost } of items) {
      const dossier = await run(Clients, [String(clientid), '--json']);
      expect(JSON.parse(dossier.stdout), String(clientid)).toMatchObject({ ghost });
    }
    expect(items.some(({ ghost }) => ghost === 'node_unseen')).toBe(true);
  });
});

describe('colour', () => {
  const env = { FORCE_COLOR: '1' };
  it('marks ghosts, what is gone and missing tables, and nothing with NO_COLOR', async () => {
    expect((await run(Clients, [], { env })).stdout).toContain('\u001b[33mnode_unseen\u001b[39m');
    expect((await run(Pending, ['plant/#'], { env })).stdout).toContain('\u001b[31mmessage_gone\u001b[39m');
    const missing = await runCommand(TablesList, local(none.path), { env });
    expect(missing.stdout).toContain('\u001b[31mMISSING\u001b[39m');
    expect((await run(Clients, [], { env: { NO_COLOR: '1' }, columns: 80 })).stdout).not.toContain('\u001b');
  });
});
