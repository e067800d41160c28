import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseHooksConf } from '../../../../src/domain/hooks/conf.ts';
import { parseServer, signingRegion } from '../../../../src/domain/hooks/conf-server.ts';
import { DEFAULT_RULES } from '../../../../src/domain/hooks/rules.ts';

const POOL = 'backend.dynamo.pool1.server = http://127.0.0.1:8000';
const hook = (name: string, json: string) => `backend.dynamo.hook.${name} = ${json}`;
const rule = (action: string, topic?: string, pool = 'pool1') =>
  JSON.stringify({ ...(topic === undefined ? {} : { topic }), action: { function: action }, pool });

const conf = (...lines: string[]) => {
  const parsed = parseHooksConf(lines.join('\n'));
  if ('faults' in parsed) throw new Error(parsed.faults.map(({ line, message }) => `${line}: ${message}`).join('\n'));
  return parsed.conf;
};
const faults = (...lines: string[]) => {
  const parsed = parseHooksConf(lines.join('\n'));
  return 'faults' in parsed ? parsed.faults.map(({ line, column, message }) => `${line}:${column} ${message}`) : [];
};
const warnings = (...lines: string[]) => conf(...lines).warnings.map(({ line, message }) => `${line} ${message}`);

describe('the grammar', () => {
  it('reads the shipped configuration into the default rules', () => {
    const shipped = DEFAULT_RULES.map(({ hook: name, action, filter }, index) =>
      hook(`${name}.${index + 1}`, rule(action, filter)),
    );
    const { rules, region, pools } = conf('## DynamoDB', POOL, ...shipped);
    expect(rules).toEqual(DEFAULT_RULES.map((line) => ({ ...line, pool: 'pool1' })));
    expect(region).toBe('us-west-2');
    expect(pools).toMatchObject([
      { name: 'pool1', server: { scheme: 'http', host: '127.0.0.1', port: 8000 }, signingRegion: '0' },
    ]);
  });

  it('takes # inside of a value as data, and blanks around = as nothing', () => {
    const { rules, region } = conf(
      `\ufeff${POOL}\r`,
      '   \t',
      '  # a comment = x',
      '\tbackend.dynamo.region=eu-west-1 # not a comment\t',
      `backend.dynamo.hook.message.publish.1= ${rule('on_message_publish', 'plant/#')}`,
      `backend.dynamo.hook.session.unsubscribed.x     ={"topic": "#", "action": {"function": "on_acked_delete"}, "pool": "pool1", "offline_opts": {}}`,
    );
    expect(region).toBe('eu-west-1 # not a comment');
    expect(rules).toEqual([
      { hook: 'message.publish', action: 'on_message_publish', filter: 'plant/#', pool: 'pool1' },
      { hook: 'session.unsubscribed', action: 'on_acked_delete', filter: '#', pool: 'pool1' },
    ]);
  });

  it('lets the last of equal keys count and says so', () => {
    const lines = [
      POOL,
      hook('message.publish.1', rule('on_message_publish', 'a')),
      hook('message.publish.1', rule('on_message_store', 'b')),
    ];
    expect(conf(...lines).rules).toEqual([{ hook: 'message.publish', action: 'on_message_store', filter: 'b', pool: 'pool1' }]);
    expect(warnings(...lines)).toEqual(['2 backend.dynamo.hook.message.publish.1 is set again in line 3, which wins']);
  });

  it('does not look into a line that a later one replaces', () => {
    expect(faults(POOL, hook('message.publish.1', 'rubbish'), hook('message.publish.1', rule('on_message_publish')))).toEqual([]);
  });

  it('knows escaped dots in keys', () => {
    const { pools } = conf('backend.dynamo.my\\.pool.server = https://dynamodb.eu-west-1.amazonaws.com:443');
    expect(pools).toMatchObject([{ name: 'my.pool', signingRegion: 'eu-west-1' }]);
  });

  it('warns about what another program would have filled in', () => {
    expect(
      warnings(POOL, 'include other.conf', '{{ more }}', hook('message.publish.1', rule('on_message_publish', 'ж'))),
    ).toEqual([
      '2 include is not followed: what the other file sets is missing here',
      '3 an unfilled {{placeholder}} is left out',
      '4 backend.dynamo.hook.message.publish.1 contains a character beyond Latin-1, which the broker refuses',
    ]);
  });

  it.each([
    ['backend.dynamo.region', "1:22 expected '=' after backend.dynamo.region"],
    ['backend.dynamo.region =', '1:24 backend.dynamo.region has no value'],
    ['backend.dynamo.region   = \t', '1:26 backend.dynamo.region has no value'],
    ['= x', '1:1 expected a key'],
    ['  "a" = x', '1:3 expected a key'],
    ['backend.dynamo.regoin = x', '1:1 unknown key backend.dynamo.regoin. Did you mean backend.dynamo.region?'],
    ['backend.dynamo.p.sever = x', '1:1 unknown key backend.dynamo.p.sever. Did you mean backend.dynamo.p.server?'],
    ['backend.mysql.p.server = x', '1:1 unknown key backend.mysql.p.server. Did you mean backend.dynamo.p.server?'],
    ['backend.dynamo.p.pool_size = many', '1:30 backend.dynamo.p.pool_size must be a whole number'],
  ])('%s', (line, fault) => {
    expect(faults(line)).toEqual([fault]);
  });

  it('reports every fault at once, in the order of the lines', () => {
    const lines = faults(
      'backend.dynamo.p.server = http://h',
      hook('message.publish.1', '{"pool": 3}'),
      hook('message.publish.2', '{"action": {"function": "on_message_publsih"}, "pool": "q"}'),
      'nonsense',
    );
    expect(lines.map((line) => line.split(':')[0])).toEqual(['1', '2', '3', '3', '4']);
  });
});

describe('hooks', () => {
  it.each([
    ['client.1', '1 backend.dynamo.hook.client.1 has 5 parts, a hook has 6: backend.dynamo.hook.<group>.<event>.<n>'],
    ['a.b.c.1', '1 backend.dynamo.hook.a.b.c.1 has 7 parts, a hook has 6: backend.dynamo.hook.<group>.<event>.<n>'],
    ['message.published.1', '1 unknown hook message.published. Did you mean message.publish?'],
  ])('%s is no hook', (name, fault) => {
    expect(faults(hook(name, rule('on_message_publish')), POOL)).toEqual([fault.replace('1 ', '1:1 ')]);
  });

  it.each([
    ['{"action" {}}', "expected ':' inside the document (opened at line 2), found '{'"],
    [
      '{"action": {"function": "on_message_publish"}, "pool": "pool1"',
      "expected ',' or '}' inside the document (opened at line 2), found the end of the line",
    ],
    ['[1]', "expected '{', found '['"],
  ])('gives the place of a fault in %s', (json, message) => {
    const [fault] = faults(POOL, hook('message.publish.1', json));
    expect(fault).toMatch(/^2:\d+ /);
    expect(fault).toContain(message);
  });

  it.each([
    [
      '{"action": {"function": "on_message_publsih"}, "pool": "pool1"}',
      '2:65 unknown function on_message_publsih. Did you mean on_message_publish?',
    ],
    ['{"action": {"function": "on_message_publish"}}', '2:41 pool is missing: the name of a pool is required'],
    ['{"action": {"function": "on_message_publish"}, "pool": "pool2"}', '2:41 pool pool2 does not exist. Did you mean pool1?'],
    ['{"action": {"function": 5}, "pool": "pool1"}', '2:65 function must be a string'],
    ['{"action": "on_message_publish", "pool": "pool1"}', '2:52 action must be an object, {"function": "NAME"}'],
    ['{"topic": 5, "action": {"function": "on_message_publish"}, "pool": "pool1"}', '2:51 topic must be a string'],
  ])('rejects %s', (json, fault) => {
    expect(faults(POOL, hook('message.publish.1', json))).toEqual([fault]);
  });

  it('does not take names of object members for functions', () => {
    expect(faults(POOL, hook('message.publish.1', rule('constructor')))).toEqual(['2:63 unknown function constructor.']);
  });

  it('takes session.created as client.connected and says so', () => {
    const lines = [POOL, hook('session.created.1', rule('on_subscribe_lookup'))];
    expect(conf(...lines).rules).toEqual([{ hook: 'client.connected', action: 'on_subscribe_lookup', pool: 'pool1' }]);
    expect(warnings(...lines)).toEqual(['2 session.created is treated as client.connected; plug-in 4.x does not load it']);
  });

  it('ignores a line without a function, as the broker does, and says so', () => {
    const lines = [
      POOL,
      hook('message.publish.1', '{"action": {"sql": ["x"]}, "pool": "pool1"}'),
      hook('message.publish.2', '{"pool": "pool1"}'),
    ];
    expect(conf(...lines).rules).toEqual([]);
    expect(warnings(...lines)).toHaveLength(2);
  });

  it('keeps a topic on a client hook, which never runs, and a function on a foreign hook, and says so', () => {
    const lines = [
      POOL,
      hook('client.connected.1', rule('on_client_connected', '#')),
      hook('client.connected.2', rule('on_message_publish')),
    ];
    expect(conf(...lines).rules).toHaveLength(2);
    expect(warnings(...lines)).toEqual([
      '2 topic on client.connected makes every call fail in the backend; on_client_connected never runs',
      '3 on_message_publish belongs to message.publish; on client.connected it does nothing',
    ]);
  });

  it('runs a rule once that stands there twice, and again for another topic or pool', () => {
    const second = 'backend.dynamo.pool2.server = http://localhost:8000';
    const lines = [
      POOL,
      second,
      hook('message.publish.1', rule('on_message_publish', '#')),
      hook('message.publish.2', rule('on_message_publish', '#')),
      hook('message.publish.3', rule('on_message_publish', 'a')),
      hook('message.publish.4', rule('on_message_publish', '#', 'pool2')),
    ];
    expect(conf(...lines).rules.map(({ filter, pool }) => `${filter} ${pool}`)).toEqual(['# pool1', 'a pool1', '# pool2']);
    expect(warnings(...lines)).toEqual(['4 the same as line 3; it runs once']);
  });
});

describe('pools', () => {
  const SECRET = 'wJalrXUtnFEMI/K7MDENG#x';

  it('are there when their server is, and only then', () => {
    expect(warnings('backend.dynamo.ghost.pool_size = 8')).toEqual(['1 pool ghost has no server and is left out']);
    expect(conf('backend.dynamo.ghost.pool_size = 8').pools).toEqual([]);
  });

  it('never show their secrets', () => {
    const [pool] = conf(
      POOL,
      'backend.dynamo.pool1.aws_access_key_id = AKIAIOSFODNN7EXAMPLE',
      `backend.dynamo.pool1.aws_secret_access_key = ${SECRET}`,
    ).pools;
    expect(pool!.secretAccessKey!.reveal()).toBe(SECRET);
    expect(pool!.accessKeyId!.reveal()).toBe('AKIAIOSFODNN7EXAMPLE');
    const shown = [JSON.stringify(pool), inspect(pool, { depth: 9, showHidden: true }), pool!.secretAccessKey!.toString()].join();
    expect(shown).not.toContain('wJalr');
    expect(shown).not.toContain('AKIA');
  });

  it.each([
    `backend.dynamo.p.aws_secret_access_key ${SECRET}`,
    `backend.dynamo.p.aws_secret_access_key:${SECRET}`,
    `backend.dynamo.p.aws_secret_access_key:wJalrXUtnFEMI/K7MDENG = x`,
    `backend.dynamo.p.aws_secret_access_keywJalrXUtnFEMI = x`,
    `backend.dynamo.p.aws_access_key_id.wJalrXUtnFEMI = x`,
    `backend.dynamo.p.server = http://wJalrXUtnFEMI@localhost:8000`,
    `backend.dynamo.p.server = wJalrXUtnFEMI`,
  ])('repeat nothing of a mistyped line that may hold a secret: %s', (line) => {
    expect(faults(line)).toHaveLength(1);
    expect(faults(line).join()).not.toContain('wJalr');
  });

  it.each([
    ['http://127.0.0.1:8000', { scheme: 'http', host: '127.0.0.1', port: 8000 }],
    [
      'https://dynamodb.us-west-2.amazonaws.com:443/path?x',
      { scheme: 'https', host: 'dynamodb.us-west-2.amazonaws.com', port: 443 },
    ],
    ['HTTP://[::1]:8000', { scheme: 'http', host: '[::1]', port: 8000 }],
  ])('take %s apart', (value, server) => {
    expect(parseServer(value)).toEqual(server);
  });

  it.each([
    ['https://dynamodb.us-west-2.amazonaws.com', 'names no port, and the broker needs one: write :443 after the host'],
    ['http://localhost', 'names no port, and the broker needs one: write :8000 after the host'],
    ['http://localhost:99999', 'has a port outside 1 to 65535'],
    ['http://localhost:0', 'has a port outside 1 to 65535'],
    ['localhost:8000', 'must be http://HOST:PORT or https://HOST:PORT'],
    ['ftp://localhost:21', 'must be http://HOST:PORT or https://HOST:PORT'],
  ])('refuse %s', (value, fault) => {
    expect(parseServer(value)).toEqual({ fault });
  });

  it.each([
    ['dynamodb.eu-west-1.amazonaws.com', 'eu-west-1'],
    ['192.168.1.9', '168'],
    ['localhost', 'conf'],
    ['db.local', 'conf'],
  ])('sign for %s with region %s', (host, region) => {
    expect(signingRegion(host, 'conf')).toBe(region);
  });
});
