import type { HookRule } from '../domain/hooks/rules.ts';

/** Topics of the rule engine for hooks on which the backend writes. On session.subscribed it only reads. */
const EVENTS = {
  'client.connected': '$events/client_connected',
  'client.disconnected': '$events/client_disconnected',
  'session.unsubscribed': '$events/session_unsubscribed',
  'message.acked': '$events/message_acked',
} as const;

/**
 * Configuration of EMQX 5 that posts to a listener what the hooks of the given rules see: a connector, an action and a rule. The
 * HTTP action tries again after 503 and 429, and gives up after any other answer but 2xx; without a body template it posts all
 * that the rule selects. Source: emqx_bridge_http_connector of EMQX 5.8, and EMQX documentation, Configuration Manual.
 */
export function emqx5Rule(rules: readonly HookRule[]): string {
  const hooks = new Set<string>(rules.map(({ hook }) => hook));
  const events = Object.entries(EVENTS).flatMap(([hook, topic]) => (hooks.has(hook) ? [topic] : []));
  const from = [...publishTopics(rules), ...events].map((topic) => `    "${topic}"`).join(',\n');
  return `# EMQX 5: posts what the backend would have stored to mqdyn replay --listen 127.0.0.1:8333
# Append it to etc/base.hocon and restart the broker, or enter the same in its Dashboard.
connectors.http.mqdyn {
  url = "http://127.0.0.1:8333"
  # the token of --token-file: with another one, or none, EMQX is answered 401 and drops its events
  headers { authorization = "Bearer TOKEN" }
  # events of one client stay in order: on one connection, one after the other
  pool_type = hash
  pool_size = 8
  enable_pipelining = 1
  connect_timeout = 5s
}
actions.http.mqdyn {
  connector = mqdyn
  parameters {
    method = post
    path = "/"
    headers { content-type = "application/json" }
  }
  resource_opts {
    query_mode = async
    inflight_window = 1
    worker_pool_size = 16
    # what cannot be posted waits in the broker, and does not expire
    request_ttl = infinity
    max_buffer_bytes = 1GB
  }
}
rule_engine.rules.mqdyn {
  sql = """
  SELECT * FROM
${from}
  """
  actions = ["http:mqdyn"]
}
`;
}

/** The filters of the topics whose messages are stored; one that holds all is enough, but `#` holds none that begins with `$`. */
function publishTopics(rules: readonly HookRule[]): string[] {
  const filters = new Set(rules.flatMap(({ hook, filter }) => (hook === 'message.publish' ? [filter ?? '#'] : [])));
  return [...filters].filter((filter) => filter === '#' || filter.startsWith('$') || !filters.has('#'));
}
