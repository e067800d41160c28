type Fields = Record<string, unknown>;

/** Members of other formats; what the rule engine selects has none of them, and an `event` would be text. */
const FOREIGN = ['event', 'action', 'ts', 'tst', 'packet', 'client_id', 'clientinfo', 'message', 'sha256'] as const;

/** True for what custom SQL of a rule selects without `event`: fields by which only the rule engine names things. */
export function seemsSelected(fields: Fields): boolean {
  const ids = typeof fields['id'] === 'string' && typeof fields['topic'] === 'string';
  const times = has(fields, 'publish_received_at') || has(fields, 'disconnected_at') || has(fields, 'connected_at');
  if (!ids && !times && !has(fields, 'sub_props') && !has(fields, 'unsub_props')) return false;
  return !FOREIGN.some((name) => has(fields, name));
}

/**
 * The kind of a rule-engine record without `event`, by fields that only one kind has; undefined where several kinds fit, as
 * for a message that was delivered or acked. A message with all that is stored and nothing of a receiver is a publish.
 */
export function kindByFields(fields: Fields): string | undefined {
  if (has(fields, 'puback_props')) return 'message.acked';
  if (has(fields, 'unsub_props')) return 'session.unsubscribed';
  if (has(fields, 'sub_props')) return 'session.subscribed';
  if (has(fields, 'disconnected_at') || has(fields, 'disconn_props')) return 'client.disconnected';
  if (has(fields, 'from_clientid') || has(fields, 'from_username')) {
    return has(fields, 'reason') ? 'delivery.dropped' : undefined;
  }
  const stored = has(fields, 'topic') && has(fields, 'payload') && has(fields, 'qos');
  if (stored) return has(fields, 'reason') ? 'message.dropped' : 'message.publish';
  const client = has(fields, 'clientid') && !has(fields, 'topic') && !has(fields, 'reason') && !has(fields, 'reason_code');
  return client && has(fields, 'connected_at') ? 'client.connected' : undefined;
}

function has(fields: Fields, name: string): boolean {
  return fields[name] !== undefined;
}
