import { versions } from 'node:process';

/** Names that do not resolve. */
const UNKNOWN_HOST = new Set(['ENOTFOUND', 'EAI_AGAIN']);

/** The proxy for https that the environment names, without its password. */
export function httpsProxy(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = env['https_proxy'] || env['HTTPS_PROXY'];
  return named ? named.replace(/\/\/[^/@]*@/, '//') : undefined;
}

/** Whether the agent of this Node goes by proxies: from 22.21 and 24.5 on, together with this flag. */
export function agentTakesProxies(): boolean {
  return process.allowedNodeEnvironmentFlags.has('--use-env-proxy');
}

/** What to look at when a service of AWS cannot be reached. */
export function networkHint(): string {
  const proxy = httpsProxy();
  if (proxy === undefined) return 'Check the network, then run the same command again.';
  if (!agentTakesProxies()) return `HTTPS_PROXY is set, but Node ${versions.node} ignores it; 22.21 and 24.5 do not.`;
  return `HTTPS_PROXY is ${proxy}: does it answer, and does it let this through?`;
}

/** The same for DynamoDB itself; undefined for an endpoint of one's own, which may not run. */
export function dynamoHint(code: string, { endpoint, region }: { endpoint?: string; region: string }): string | undefined {
  const secure = endpoint === undefined || endpoint.startsWith('https:');
  if (secure && httpsProxy() !== undefined) return networkHint();
  if (endpoint !== undefined) return undefined;
  return UNKNOWN_HOST.has(code)
    ? `Is ${region} the name of a region, and does this machine resolve names? Set --region.`
    : networkHint();
}
