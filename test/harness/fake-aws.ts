import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Item } from '../../src/domain/item.ts';
import type { CreateTableInput } from '../../src/domain/schema/definition.ts';
import { describeExport, listExports, startExport } from './aws/export-jobs.ts';
import {
  cancelBulkPut,
  describeBulkPut,
  describeImport,
  listBulkPuts,
  listImports,
  startBulkPut,
  startImport,
} from './aws/load-jobs.ts';
import { answerS3 } from './aws/s3.ts';
import { AwsError, tableArn, tableOf, type AwsState } from './aws/state.ts';
import { deleteItem, describedTable, itemsAt, keysOf, putItem, type FakeTable } from './aws/tables.ts';
import { listen } from './loopback.ts';

export type FakeAws = AwsState & {
  endpoint: string;
  /** Every call: the operation of DynamoDB, or the method of S3, with what was sent. */
  calls: { operation: string; input: Record<string, unknown> }[];
  /** Makes a table with items that have always been there. */
  addTable(definition: CreateTableInput, items?: readonly Item[], options?: { recovery?: boolean }): FakeTable;
  put(table: string, item: Item, at?: number): void;
  remove(table: string, keys: Item, at?: number): void;
  items(table: string): Item[];
  /** The objects of a bucket by their keys. */
  objects(bucket: string): Map<string, Buffer>;
  close(): Promise<void>;
};

/** A loopback stand-in for S3 and for DynamoDB's own exports, imports and bulk puts, as they were measured on AWS. */
export async function startFakeAws(): Promise<FakeAws> {
  const state: AwsState = {
    tables: new Map(),
    s3: { buckets: new Map(), denied: new Set(), pageSize: 1_000 },
    exports: [],
    imports: [],
    bulks: [],
    deniedOperations: new Set(),
    limits: { exports: 300, imports: 50 },
    looks: 1,
    now: Date.now,
  };
  const calls: FakeAws['calls'] = [];
  const server = await listen((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => answer(aws, request, response, Buffer.concat(parts)));
  });
  const table = (name: string): FakeTable => {
    const found = state.tables.get(name);
    if (found === undefined) throw new Error(`no table ${name}`);
    return found;
  };
  const aws: FakeAws = Object.assign(state, {
    endpoint: server.endpoint,
    calls,
    addTable(definition: CreateTableInput, items: readonly Item[] = [], { recovery = true } = {}) {
      const { TableName: name } = definition;
      const added: FakeTable = {
        name,
        arn: tableArn(name),
        id: randomUUID(),
        status: 'ACTIVE',
        recovery,
        definition,
        writes: [],
      };
      for (const item of items) putItem(added, item, 0);
      state.tables.set(name, added);
      return added;
    },
    put: (name: string, item: Item, at = state.now()) => void putItem(table(name), item, at),
    remove: (name: string, keys: Item, at = state.now()) => deleteItem(table(name), keys, at),
    items: (name: string) => itemsAt(table(name)),
    objects(bucket: string) {
      const found = state.s3.buckets.get(bucket) ?? new Map<string, Buffer>();
      state.s3.buckets.set(bucket, found);
      return found;
    },
    close: () => server.close(),
  });
  return aws;
}

type Operation = (state: AwsState, input: never) => object;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  ExportTableToPointInTime: startExport,
  DescribeExport: describeExport,
  ListExports: listExports,
  ImportTable: startImport,
  DescribeImport: describeImport,
  ListImports: listImports,
  StartBulkPutItems: startBulkPut,
  DescribeBulkOperation: describeBulkPut,
  ListBulkOperations: listBulkPuts,
  CancelBulkOperation: cancelBulkPut,
  ListTables: (state) => ({ TableNames: [...state.tables.keys()].sort() }),
  DescribeTable: (state, { TableName: name }: { TableName: string }) => describedTable(known(state, name)),
  DeleteTable: (state, { TableName: name }: { TableName: string }) => {
    const table = known(state, name);
    state.tables.delete(table.name);
    return { TableDescription: { TableName: table.name, TableStatus: 'DELETING' } };
  },
  DescribeContinuousBackups: (state, { TableName: name }: { TableName: string }) => {
    const status = known(state, name).recovery ? 'ENABLED' : 'DISABLED';
    const recovery = { PointInTimeRecoveryStatus: status };
    return { ContinuousBackupsDescription: { ContinuousBackupsStatus: 'ENABLED', PointInTimeRecoveryDescription: recovery } };
  },
  Scan: (state, { TableName: name, Limit: limit, Select: select }: { TableName: string; Limit?: number; Select?: string }) => {
    const all = itemsAt(known(state, name));
    const items = all.slice(0, limit);
    const last = items.length < all.length ? items.at(-1) : undefined;
    return {
      Count: items.length,
      ScannedCount: items.length,
      ...(select === 'COUNT' ? {} : { Items: items }),
      ...(last === undefined ? {} : { LastEvaluatedKey: keysOf(known(state, name), last) }),
    };
  },
};

function known(state: AwsState, name: string): FakeTable {
  const table = tableOf(state, name);
  if (table === undefined)
    throw new AwsError('ResourceNotFoundException', `Requested resource not found: Table: ${name} not found`);
  return table;
}

function answer(aws: FakeAws, request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  const target = request.headers['x-amz-target'];
  if (typeof target !== 'string') {
    const { method = '', url = '' } = request;
    aws.calls.push({ operation: `s3 ${method}`, input: { url } });
    const reply = answerS3(aws.s3, method, url, body);
    const bytes = Buffer.from(reply.body ?? '');
    response.writeHead(reply.status, { 'x-amz-request-id': 'S3', 'content-length': bytes.length, ...reply.headers }).end(bytes);
    return;
  }
  const operation = target.replace(/^.*\./, '');
  const input = JSON.parse(body.toString()) as Record<string, unknown>;
  aws.calls.push({ operation, input });
  response.setHeader('x-amzn-requestid', 'FAKE');
  try {
    const run = OPERATIONS[operation];
    if (run === undefined) throw new AwsError('UnknownOperationException', '');
    if (aws.deniedOperations.has(operation)) {
      throw new AwsError('AccessDeniedException', `User is not authorized to perform: dynamodb:${operation}`);
    }
    const reply = run(aws, input as never);
    response.writeHead(200).end(JSON.stringify(reply));
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const type = `com.amazonaws.dynamodb.v20120810#${error.name}`;
    response.writeHead(error.status).end(JSON.stringify({ __type: type, message: error.message }));
  }
}
