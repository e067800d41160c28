import { isObject } from '../json/object.ts';

type Fields = Record<string, unknown>;

/** Members by which recorders name the call beside the request. */
const NAME_MEMBERS = ['rpc', 'method', 'hook', 'type', 'event', '@type'] as const;

/** True for a request of ExHook: its messages and clients are objects of their own. */
export function isHookRequest(fields: Fields): boolean {
  return typeof fields['clientinfo'] === 'object' || typeof fields['message'] === 'object';
}

/** True for a recorder's wrapper `{"rpc":"OnMessageAcked","request":{...}}`. */
export function holdsHookRequest(fields: Fields): boolean {
  const request = fields['request'];
  return isObject(request) && isHookRequest(request);
}

/**
 * The call that a recorder named, as `messageacked`: from `OnMessageAcked`, `/emqx.exhook.v2.HookProvider/OnMessageAcked`,
 * `emqx.exhook.v2.MessageAckedRequest` or `message.acked`. Undefined when nothing is named.
 */
export function namedCall(fields: Fields): string | undefined {
  for (const member of NAME_MEMBERS) {
    const value = fields[member];
    if (typeof value !== 'string') continue;
    const name = value.slice(value.lastIndexOf('/') + 1).replace(/^emqx\.exhook\.v\d+\./, '');
    return name
      .replace(/^on(?=[A-Z_])|Request$/g, '')
      .replace(/^On/, '')
      .replaceAll(/[._-]/g, '')
      .toLowerCase();
  }
  return undefined;
}

/**
 * The call of a request that nobody named, by its members. A delivered and an acked message have the same ones, so they are
 * known by name only. A client alone is taken as connected, one with a reason as disconnected: recorders that also keep the
 * session calls, which look alike, have to name them. Source: EMQX documentation, ExHook (exhook.proto).
 */
export function callByShape(fields: Fields): string | undefined {
  if (fields['message'] !== undefined) {
    if (fields['clientinfo'] !== undefined) return undefined;
    return fields['reason'] === undefined ? 'messagepublish' : 'messagedropped';
  }
  if (fields['topicFilters'] !== undefined || fields['topic_filters'] !== undefined) return 'clientsubscribe';
  if (fields['result'] !== undefined) return fields['topic'] === undefined ? 'clientauthenticate' : 'clientauthorize';
  if (fields['topic'] !== undefined) return fields['subopts'] === undefined ? 'sessionunsubscribed' : 'sessionsubscribed';
  return fields['reason'] === undefined ? 'clientconnected' : 'clientdisconnected';
}
