import { Buffer } from 'node:buffer';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { checkedReply, type HttpReply } from './replies.ts';

/** Makes sure of every reply to the SDK's own commands that DynamoDB sent it and that it is whole, before the SDK reads it. */
export function checkReplies({ middlewareStack }: DynamoDBClient): void {
  middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next(args);
      const reply = result.response;
      if (!isReply(reply)) throw new Error('a reply that is not one of HTTP');
      const { body } = await checkedReply(operationOf(context.commandName), reply);
      reply.body = Buffer.from(body);
      return result;
    },
    // next to the wire: the SDK's deserializer comes after it
    { step: 'deserialize', priority: 'low', name: 'mqdynCheckReplies' },
  );
}

/** The operation of a command: `DescribeTable` of `DescribeTableCommand`. The document client leaves out `Item`. */
export function operationOf(commandName = ''): string {
  const name = commandName.replace(/Command$/, '');
  return /^(?:Get|Put|Update|Delete|BatchGet|BatchWrite)$/.test(name) ? `${name}Item` : name;
}

function isReply(response: unknown): response is HttpReply {
  return typeof response === 'object' && response !== null && 'statusCode' in response && 'headers' in response;
}
