import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the server does with a call: undefined passes it on, anything else is the answer. */
export type Fault = (operation: string, input: Record<string, unknown>) => Answer | undefined;

export type Answer = { error: string; message?: string; status?: number } | { reply: object };

export type FaultServer = { endpoint: string; calls: string[]; fault: Fault; close(): Promise<void> };

/**
 * A loopback server that answers as DynamoDB does, with its JSON errors and request ids. What no fault answers goes on to
 * `upstream`, or is refused as an unknown operation. `calls` lists every call that arrived, `Operation table`.
 */
export async function startFaultServer(upstream?: string): Promise<FaultServer> {
  const state: FaultServer = { endpoint: '', calls: [], fault: () => undefined, close: async () => undefined };
  const server = createServer((request, response) => {
    void (async () => {
      const body = await bodyOf(request);
      const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
      const input = JSON.parse(body || '{}') as Record<string, unknown> & { TableName?: string };
      state.calls.push(`${operation} ${input.TableName ?? ''}`.trim());
      const answer =
        state.fault(operation, input) ?? (upstream === undefined ? { error: 'UnknownOperationException' } : undefined);
      const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': 'FAULTSERVER0000' };
      if (answer === undefined) {
        const passed = await fetch(upstream!, { method: 'POST', headers: passedHeaders(request), body });
        response.writeHead(passed.status, headers).end(await passed.text());
      } else if ('reply' in answer) {
        response.writeHead(200, headers).end(JSON.stringify(answer.reply));
      } else {
        const { error, message = 'a fault that was asked for', status = 400 } = answer;
        response.writeHead(status, headers).end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${error}`, message }));
      }
    })();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  state.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  state.close = () =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return state;
}

function passedHeaders(request: IncomingMessage): Record<string, string> {
  const names = ['content-type', 'x-amz-target', 'x-amz-date', 'authorization'];
  return Object.fromEntries(names.map((name) => [name, String(request.headers[name])]));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}
