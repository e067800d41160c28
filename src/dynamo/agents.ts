import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type AgentOptions } from 'node:https';

/** The connections of one client of the SDK, at most so many at a time. */
export function agentsFor(maxSockets: number): { httpAgent: HttpAgent; httpsAgent: HttpsAgent } {
  const agent = { keepAlive: true, maxSockets };
  return {
    httpAgent: new HttpAgent(agent),
    // an option that older Nodes take no notice of
    httpsAgent: new HttpsAgent({ ...agent, proxyEnv: process.env } as AgentOptions),
  };
}
