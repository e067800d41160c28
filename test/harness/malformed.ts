import { chance } from './fault-proxy.ts';
import { publish, usualLog } from './replay-fixture.ts';

const VALID = JSON.stringify(publish(1));

/** Values that JSON's grammar allows and forbids, in the place of a whole line and of one field. */
const FRAGMENTS = [
  '',
  ' ',
  '\t',
  'null',
  'true',
  'false',
  '0',
  '-0',
  '1',
  '""',
  '"a"',
  '[]',
  '{}',
  '[[]]',
  '[null]',
  '{"a":{}}',
  'nul',
  'tru',
  'fals',
  'TRUE',
  'None',
  'undefined',
  'NaN',
  'Infinity',
  '-Infinity',
  '-',
  '+1',
  '01',
  '.5',
  '5.',
  '1e',
  '1e+',
  '0x1f',
  '1E400',
  '-1E400',
  '1e-400',
  '123456789012345678901234567890123456789',
  '9007199254740993',
  '-9007199254740993',
  '1.5',
  '1e5',
  '-1',
  '"',
  '"\\"',
  '"\\x"',
  '"\\u"',
  '"\\u00"',
  '"\\ud800"',
  '"\\udc00"',
  '"\\ud83e\\uddea"',
  '"\\u0000"',
  '"\t"',
  '"a\u0001b"',
  "'a'",
  '`a`',
  '{',
  '}',
  '[',
  ']',
  '{]',
  '[}',
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  '{,}',
  '{:1}',
  '{a:1}',
  "{'a':1}",
  '{"a":1 "b":2}',
  '[1,]',
  '[,1]',
  '[1 2]',
  '{"a":1}}',
  '{"a":1}{"b":2}',
  '{"a":1}#',
  '{"a":1}//x',
  '/*x*/{}',
  '{"a":1}\u0000',
  '\ufeff{}',
  '\u2028',
  '\u0085',
  '\u00a0{}',
  '[1,[2,[3,[4]]]]',
  '['.repeat(40),
  '{"a":'.repeat(40),
  `${'['.repeat(33)}${']'.repeat(33)}`,
  `${'['.repeat(32)}${']'.repeat(32)}`,
  '<xml/>',
  'a,b,c',
  'key=value',
  '--',
  '\\',
  '%s%n',
  '${jndi:ldap://x}',
  '$(id)',
  '`id`',
  '"; drop table x; --',
  '../../etc/passwd',
];

/** Strings that often break programs. */
const NAUGHTY = [
  '',
  ' ',
  '\t',
  '\u0000',
  '\u0001',
  '\u001b[2J',
  '\u007f',
  '\u0080',
  '\u009b',
  '\u00ad',
  '\u200b',
  '\u200e',
  '\u202e',
  '\u2028',
  '\u2060',
  '\ufeff',
  '\ufffe',
  '\uffff',
  '\ud800',
  '\udfff',
  '\udc00\ud800',
  '\u{1f9ea}',
  '\u{10ffff}',
  'e\u0301',
  'é',
  'Å',
  'Å',
  'ﬃ',
  'İ',
  'ı',
  'ẞ',
  'ʼ',
  '__proto__',
  'constructor',
  'prototype',
  'hasOwnProperty',
  'toString',
  'valueOf',
  'then',
  'undefined',
  'null',
  'NaN',
  'true',
  '0',
  '-0',
  '1e5',
  '#',
  '+',
  '/',
  '//',
  '/#',
  '+/#',
  '$SYS',
  '$SYS/#',
  '$share/g/t',
  '$queue/t',
  '$exclusive/t',
  '$',
  'a/#/b',
  'a+',
  '/+',
  '\\',
  '"',
  "'",
  '`',
  '=1+1',
  '+1',
  '-1',
  '@x',
  '\r\n',
  '\n',
  '\r',
  '%00',
  '%n',
  '{{7*7}}',
  '${7*7}',
  '<script>',
  '&amp;',
  "' or 1=1",
  ';',
  '|',
  '&&',
  '$(x)',
  '~',
  'مرحبا',
  '日本語',
  'русский',
  'ไทย',
  '한국어',
  'עברית',
  '🏳️‍🌈',
  '👩‍👩‍👧',
  'Z̷̧a̸l̴g̵o',
  'x'.repeat(1_024),
  'x'.repeat(1_025),
  'ü'.repeat(1_024),
  'x'.repeat(2_049),
  'CON',
  'NUL',
  'aux.txt',
  '.',
  '..',
  '.hidden',
  'a\\b',
  'C:\\',
  '/dev/null',
  'file:///',
  'http://x',
  'MsgId',
  'msgid',
  ':ids',
  '#n0',
];

const FIELDS = ['event', 'id', 'clientid', 'topic', 'qos', 'flags', 'payload', 'publish_received_at', 'timestamp'];
const KINDS = ['client.connected', 'client.disconnected', 'session.subscribed', 'session.unsubscribed', 'message.acked'];

/** Malformed and odd lines, none with a line feed: first every case of the tables above, then mixtures of them. */
export function malformedLines(count: number): string[] {
  const lines: string[] = [];
  lines.push(...FRAGMENTS);
  for (const field of FIELDS) for (const fragment of FRAGMENTS) lines.push(withRaw(field, fragment));
  for (const field of ['clientid', 'topic', 'payload'])
    for (const text of NAUGHTY) lines.push(withRaw(field, JSON.stringify(text)));
  for (const event of KINDS) {
    const base = JSON.stringify({ ...publish(1), event });
    for (const field of FIELDS) lines.push(without(base, field));
    for (const text of NAUGHTY) lines.push(JSON.stringify({ ...publish(1), event, clientid: text, topic: text }));
  }
  for (let index = 0; lines.length < count; index += 1) {
    const field = FIELDS[Math.floor(chance(11, index) * FIELDS.length)]!;
    const parts = [12, 13, 14].map((seed) => FRAGMENTS[Math.floor(chance(seed, index) * FRAGMENTS.length)]!);
    lines.push(withRaw(field, parts.slice(0, 1 + (index % 3)).join(index % 2 === 0 ? '' : ',')));
  }
  // evenly spaced where fewer are wanted than there are
  const every = lines.length / count;
  return Array.from({ length: count }, (_, index) => lines[Math.floor(index * every)]!.replaceAll('\n', ' '));
}

function withRaw(field: string, raw: string): string {
  const members = JSON.parse(VALID) as Record<string, unknown>;
  const texts = Object.entries(members).map(([name, value]) => `"${name}":${name === field ? raw : JSON.stringify(value)}`);
  return `{${texts.join(',')}}`;
}

function without(json: string, field: string): string {
  const { [field]: _, ...rest } = JSON.parse(json) as Record<string, unknown>;
  return JSON.stringify(rest);
}

/** A valid log with bytes changed as the seed says; line feeds may appear and disappear. */
export function mutants(count: number, seed: number): Buffer[] {
  const lines = usualLog(200, seed).map((event) => Buffer.from(JSON.stringify(event)));
  return Array.from({ length: count }, (_, index) => {
    let line = Buffer.from(lines[index % lines.length]!);
    const changes = 1 + Math.floor(chance(seed, index * 8) * 4);
    for (let change = 1; change <= changes; change += 1) {
      const at = Math.floor(chance(seed + 1, index * 8 + change) * line.length);
      const byte = Math.floor(chance(seed + 2, index * 8 + change) * 256);
      const kind = Math.floor(chance(seed + 3, index * 8 + change) * 5);
      if (kind === 0) line[at] = byte;
      else if (kind === 1) line = Buffer.concat([line.subarray(0, at), line.subarray(at + 1)]);
      else if (kind === 2) line = Buffer.concat([line.subarray(0, at), Buffer.from([byte]), line.subarray(at)]);
      else if (kind === 3) line[at]! ^= 1 << (byte & 7);
      else line = line.subarray(0, at);
    }
    return line;
  });
}
