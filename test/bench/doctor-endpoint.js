// A DynamoDB endpoint with six sound tables of so many messages, made while they are read, in a process of its own.
// Run as a child process; takes its settings as JSON in argv[2] and sends its port to the parent.
import { createServer } from 'node:http';
import { crc32 } from 'node:zlib';
import { describeTable } from './table-description.js';

/** @typedef {{ messages: number }} DoctorSettings */

const { messages } = JSON.parse(process.argv[2] ?? '{"messages":1000}');

/** So many ids wait under each topic, and its client acked one before them. */
const IDS_A_TOPIC = 500;
const topics = Math.max(1, Math.ceil(messages / IDS_A_TOPIC));

const FIRST_MICROS = 1_714_727_730_250_000n;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** EMQX's base62 of a GUID: that of 35 digits is base64 but for the last character. */
function msgid(number) {
  const guid = ((FIRST_MICROS + BigInt(number)) << 64n) | 0x6e0b00001a2b0001n;
  const base64 = Buffer.from(guid.toString()).toString('base64');
  return base64.slice(0, 46) + ALPHABET[ALPHABET.indexOf(base64[46]) >> 2];
}

const topicOf = (number) => `plant/${number % topics}/temp`;

/** Items of a page, and how many pages there are. Messages come in another order than their topics list them. */
const TABLES = {
  mqtt_msg: {
    count: messages,
    page: 2_500,
    item: (at) =>
      `{"msgid":{"S":"${msgid(at)}"},"topic":{"S":"${topicOf(at)}"},"sender":{"S":"sensor-${at % 1_000}"},"qos":{"N":"1"},"retain":{"N":"0"},"payload":{"S":"{\\"t\\":21.5}"},"arrived":{"N":"1714727730250"}}`,
  },
  mqtt_topic_msg_map: {
    count: topics,
    page: 40,
    item: (at) => {
      const ids = [];
      for (let number = at; number < messages; number += topics) ids.push(`"${msgid(number)}"`);
      return `{"topic":{"S":"plant/${at}/temp"},"MsgId":{"SS":[${ids.join(',')}]}}`;
    },
  },
  mqtt_client: {
    count: topics,
    page: 5_000,
    item: (at) =>
      `{"clientid":{"S":"client-${at}"},"connect_state":{"N":"0"},"node":{"S":"emqx@10.0.0.5"},"online_at":{"N":"1714727730250"},"offline_at":{"N":"1714727730251"}}`,
  },
  mqtt_acked: {
    count: topics,
    page: 5_000,
    item: (at) => `{"topic":{"S":"plant/${at}/temp"},"clientid":{"S":"client-${at}"},"msgid":{"S":"${msgid(messages + at)}"}}`,
  },
};

function scan({ TableName, ExclusiveStartKey }) {
  const table = TABLES[TableName];
  if (table === undefined) return '{"Items":[],"Count":0,"ScannedCount":0}';
  const start = ExclusiveStartKey === undefined ? 0 : Number(ExclusiveStartKey.at.S);
  const end = Math.min(table.count, start + table.page);
  const items = [];
  for (let at = start; at < end; at += 1) items.push(table.item(at));
  const next = end < table.count ? `,"LastEvaluatedKey":{"at":{"S":"${end}"}}` : '';
  return `{"Items":[${items.join(',')}],"Count":${items.length},"ScannedCount":${items.length}${next}}`;
}

const server = createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const action = String(request.headers['x-amz-target']).split('.')[1];
    const input = JSON.parse(Buffer.concat(parts).toString('utf8') || '{}');
    const text =
      action === 'Scan'
        ? scan(input)
        : JSON.stringify(action === 'DescribeTable' ? { Table: describeTable(input.TableName, messages) } : {});
    const body = Buffer.from(text);
    response.writeHead(200, {
      'content-type': 'application/x-amz-json-1.0',
      'content-length': body.length,
      'x-amzn-requestid': 'BENCH',
      'x-amz-crc32': crc32(body),
    });
    response.end(body);
  });
});
server.listen(0, '127.0.0.1', () => process.send?.(server.address().port));
process.on('disconnect', () => process.exit());
