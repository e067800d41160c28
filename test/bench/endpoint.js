// A DynamoDB endpoint of prepared answers, in a process of its own: what is measured is the reader, not the server.
// Run as a child process; takes its settings as JSON in argv[2] and sends its port to the parent.
import { createServer } from 'node:http';
import { crc32 } from 'node:zlib';
import { itemText } from './items.js';
import { describeTable } from './table-description.js';

/** @typedef {{ items: number, pageItems?: number, delayMs?: number, lostEvery?: number }} EndpointSettings */

const { items, pageItems = 3_000, delayMs = 0, lostEvery = 0 } = JSON.parse(process.argv[2] ?? '{"items":0}');

/** Different pages that a scan sees over and over: as many as 200,000 items fill. */
const DISTINCT_PAGES = 67;

const bodies = Array.from({ length: Math.min(DISTINCT_PAGES, Math.ceil(items / pageItems)) }, (_, page) => {
  const texts = Array.from({ length: pageItems }, (__, index) => itemText(page * pageItems + index));
  const body = Buffer.from(`{"Items":[${texts.join(',')}]`);
  return { body, sum: crc32(body) };
});

const ACTIONS = {
  ListTables: () => ({ TableNames: ['mqtt_msg'] }),
  DescribeTable: ({ TableName }) => ({ Table: describeTable(TableName, items) }),
  BatchWriteItem: ({ RequestItems }) => ({
    UnprocessedItems: {},
    ConsumedCapacity: Object.entries(RequestItems).map(([TableName, writes]) => ({ TableName, CapacityUnits: writes.length })),
  }),
  UpdateItem: ({ TableName }) => ({ ConsumedCapacity: { TableName, CapacityUnits: 1 } }),
  PutItem: () => ({}),
  DeleteItem: () => ({}),
  GetItem: () => ({}),
};

/** The page of one segment that starts behind a key: its items and where the next one starts. */
function scan({ ExclusiveStartKey, Segment = 0, TotalSegments = 1 }) {
  const pages = Math.ceil(items / pageItems);
  const number = ExclusiveStartKey === undefined ? Segment : Number(ExclusiveStartKey.msgid.S) + TotalSegments;
  if (number >= pages)
    return { head: Buffer.from('{"Items":[]'), sum: crc32('{"Items":[]'), tail: ',"Count":0,"ScannedCount":0}' };
  const { body, sum } = bodies[number % bodies.length];
  const last = number + TotalSegments >= pages ? '' : `,"LastEvaluatedKey":{"msgid":{"S":"${number}"}}`;
  const capacity = `,"ConsumedCapacity":{"TableName":"mqtt_msg","CapacityUnits":128}`;
  return { head: body, sum, tail: `,"Count":${pageItems},"ScannedCount":${pageItems}${capacity}${last}}` };
}

function answer(action, input, response) {
  const { head, sum, tail } =
    action === 'Scan'
      ? scan(input)
      : { head: Buffer.alloc(0), sum: 0, tail: JSON.stringify((ACTIONS[action] ?? (() => ({})))(input)) };
  const rest = Buffer.from(tail);
  response.writeHead(200, {
    'content-type': 'application/x-amz-json-1.0',
    'content-length': head.length + rest.length,
    'x-amzn-requestid': 'BENCH',
    'x-amz-crc32': crc32(rest, sum),
  });
  if (head.length > 0) response.write(head);
  response.end(rest);
}

/** The reply to one write in so many is lost, the first time early. */
const FIRST_LOST = 50;
let writes = 0;

function isLost(action) {
  if (lostEvery === 0 || !/^(BatchWriteItem|UpdateItem)$/.test(action)) return false;
  writes += 1;
  return writes % lostEvery === FIRST_LOST;
}

const server = createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const action = String(request.headers['x-amz-target']).split('.')[1];
    const input = parts.length === 0 ? {} : JSON.parse(Buffer.concat(parts).toString('utf8'));
    if (isLost(action)) request.socket.destroy();
    else if (delayMs === 0) answer(action, input, response);
    else setTimeout(answer, delayMs, action, input, response);
  });
});
server.listen(0, '127.0.0.1', () => process.send?.(server.address().port));
process.on('disconnect', () => process.exit());
