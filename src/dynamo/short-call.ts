import { randomUUID } from 'node:crypto';
import type { DynamoDBClient, ServiceInputTypes, ServiceOutputTypes } from '@aws-sdk/client-dynamodb';
import { getSmithyContext, HttpRequest } from '@smithy/core/transport';
import type { FinalizeHandler, FinalizeRequestMiddleware, HandlerExecutionContext, SelectedHttpAuthScheme } from '@smithy/types';
import type { Exchange } from './wire-form.ts';

/** What the SDK found out for one operation on one table: where to, which headers, who signs, and the rest of its chain. */
type Learnt = {
  request: HttpRequest;
  context: HandlerExecutionContext;
  scheme: SelectedHttpAuthScheme;
  rest: FinalizeHandler<ServiceInputTypes, ServiceOutputTypes>;
};

/**
 * A short way for calls that follow one of their kind. Nearly all that a call costs in processor time is the SDK finding the
 * same endpoint, signer and headers again; here the first call that succeeds leaves them behind, and later ones enter the
 * SDK's chain of middleware at the signing. What follows is the SDK's own as before: signature, clock correction, time-outs
 * and errors. Only its retries lie before that point, so this is for clients that try once.
 */
export class ShortCalls {
  private readonly client: DynamoDBClient;
  private readonly learnt = new Map<string, Learnt>();

  constructor(client: DynamoDBClient) {
    this.client = client;
    keepSigners(client.config);
    const learn: FinalizeRequestMiddleware<ServiceInputTypes, ServiceOutputTypes> = (rest, context) => async (args) => {
      const result = await rest(args);
      const { operation, selectedHttpAuthScheme } = getSmithyContext(context);
      const scheme = selectedHttpAuthScheme as SelectedHttpAuthScheme;
      const request = args.request as HttpRequest;
      this.learnt.set(kind(operation as string, args.input as Exchange), { request, context, scheme, rest });
      return result;
    };
    const place = { relation: 'before', toMiddleware: 'httpSigningMiddleware', name: 'mqdynShortCalls' } as const;
    client.middlewareStack.addRelativeTo(learn, place);
  }

  /**
   * Makes the call, or returns false where it has to go the SDK's long way: the first of its kind, and the first after the
   * credentials were renewed. Rejects as `client.send` does.
   */
  async send(operation: string, exchange: Exchange): Promise<boolean> {
    const learnt = this.learnt.get(kind(operation, exchange));
    // of the identity depend the user agent and, with an account id, the endpoint
    if (learnt === undefined || learnt.scheme.identity !== (await this.client.config.credentials())) return false;
    const { request, context, scheme, rest } = learnt;
    const call = HttpRequest.clone(request);
    call.body = Buffer.from(exchange.body);
    call.headers['content-length'] = String(call.body.length);
    call.headers['amz-sdk-invocation-id'] = randomUUID();
    // the signer notes the clock of a call in these, for the time when the reply comes; read before the first await
    const signingProperties = { ...scheme.httpAuthOption.signingProperties };
    const httpAuthOption = { ...scheme.httpAuthOption, signingProperties };
    getSmithyContext(context)['selectedHttpAuthScheme'] = { ...scheme, httpAuthOption };
    await rest({ input: exchange, request: call });
    return true;
  }

  /** The next call of every kind goes the long way. */
  forget(): void {
    this.learnt.clear();
  }
}

/** The endpoint may depend on both. */
function kind(operation: string, { TableName }: Exchange): string {
  return `${operation} ${TableName}`;
}

/** The SDK makes a signer for each call, out of a copy of the whole configuration; one for each auth scheme is enough. */
function keepSigners(config: DynamoDBClient['config']): void {
  const { signer: make } = config;
  const kept = new Map<unknown, ReturnType<typeof make>>();
  config.signer = (scheme) => {
    const known = kept.get(scheme) ?? make(scheme);
    kept.set(scheme, known);
    return known;
  };
}
