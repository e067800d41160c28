// Applies a recording to the embedded engine without the program: by one request per write, or its end state by raw
// BatchWriteItem calls. argv: one-by-one|batches, data folder, number of events, calls in flight
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { endState, events, requestsOf } from './recording.js';

const [, , how, dataDir, count, concurrency] = process.argv;
const MAX_BATCH = 25;

const server = createRequire(import.meta.url)('dynalite')({ path: join(dataDir, 'dynamodb') });
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const endpoint = `http://127.0.0.1:${server.address().port}`;
const SIGNED = 'AWS4-HMAC-SHA256 Credential=bench/20240101/local/dynamodb/aws4_request, SignedHeaders=host, Signature=0';

async function call({ action, input }) {
  const reply = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${action}`,
      'x-amz-date': '20240101T000000Z',
      authorization: SIGNED,
    },
    body: JSON.stringify(input),
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${action}: ${text}`);
}

function* oneByOne() {
  for (const event of events(Number(count), { acks: true })) yield* requestsOf(event);
}

function* batches() {
  const puts = endState(Number(count));
  for (let start = 0; start < puts.length; start += MAX_BATCH) {
    const RequestItems = {};
    for (const [table, put] of puts.slice(start, start + MAX_BATCH)) (RequestItems[table] ??= []).push(put);
    yield { action: 'BatchWriteItem', input: { RequestItems } };
  }
}

const calls = how === 'batches' ? batches() : oneByOne();
await Promise.all(
  Array.from({ length: Number(concurrency) }, async () => {
    for (const next of calls) await call(next);
  }),
);
await new Promise((resolve) => server.close(resolve) && server.closeAllConnections());
