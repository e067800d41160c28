import { describe, expect, it } from 'vitest';
import Scan from '../../src/commands/scan.ts';
import { runCommand } from '../harness/run-command.ts';

const FAR = 'http://192.0.2.1:8000';

describe('plain http to another host', () => {
  it('is refused before any packet', async () => {
    const { code, stderr } = await runCommand(Scan, ['mqtt_msg', '--endpoint-url', FAR]);
    expect([code, stderr]).toEqual([11, expect.stringContaining('E_ENDPOINT_UNSAFE')]);
  });

  it.each([
    ['--allow-insecure-endpoint', {}],
    ['', { MQDYN_ALLOW_INSECURE_ENDPOINT: 'true' }],
  ] as const)('is allowed by a flag or its variable: %j %j', async (flag, env) => {
    // without credentials nothing is sent either
    const argv = ['mqtt_msg', '--endpoint-url', FAR, ...(flag === '' ? [] : [flag])];
    const { code, stderr } = await runCommand(Scan, argv, { env });
    expect([code, stderr]).toEqual([6, expect.stringContaining('E_CREDENTIALS')]);
  });
});
