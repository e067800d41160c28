import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendJson, startRegistry } from '../../harness/registry.ts';
import { ROOT } from '../../harness/root.ts';
import { temporaryFolder } from '../../harness/run-command.ts';

/** A project with one package, which npm asks a registry on loopback about. */
const folder = temporaryFolder();
const project = join(folder.path, 'project');
afterAll(() => folder.remove());

beforeAll(() => {
  mkdirSync(project);
  const root = { name: 'project', version: '1.0.0', devDependencies: { weak: '1.0.0' } };
  const packages = { '': root, 'node_modules/weak': { version: '1.0.0', dev: true } };
  writeFileSync(join(project, 'package.json'), JSON.stringify(root));
  writeFileSync(join(project, 'package-lock.json'), JSON.stringify({ lockfileVersion: 3, requires: true, ...root, packages }));
});

async function audit(registry: string, cwd = project) {
  // npm keeps what it was told of a vulnerability
  const cache = mkdtempSync(join(folder.path, 'cache-'));
  const child = spawn(process.execPath, [join(ROOT, '.ci/audit.js')], {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, npm_config_registry: registry, npm_config_cache: cache, npm_config_fetch_retries: '0' },
  });
  let stdout = '';
  child.stdout.on('data', (part: Buffer) => (stdout += part.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, stdout };
}

async function auditWith(advisories: (response: ServerResponse) => void) {
  const registry = await startRegistry((request, response) => {
    if (request.url!.endsWith('/advisories/bulk')) advisories(response);
    else sendJson(response, { name: 'weak', versions: { '1.0.0': { name: 'weak', version: '1.0.0' } } });
  });
  try {
    return await audit(registry.url);
  } finally {
    await registry.stop();
  }
}

const advisory = (severity: string) => ({
  weak: [{ id: 1, url: 'https://example.com/1', title: 'Weak is weak', severity, vulnerable_versions: '*' }],
});

describe('the audit of CI', () => {
  it.each([
    ['high', 1],
    ['moderate', 0],
  ])('tells a vulnerability of severity %s and ends with %d', async (severity, wanted) => {
    const { code, stdout } = await auditWith((response) => sendJson(response, advisory(severity)));
    expect(stdout).toContain(`${severity}: weak *: Weak is weak https://example.com/1`);
    expect(stdout).toContain(`1 vulnerable packages, ${wanted} of them`);
    expect(code).toBe(wanted);
  });

  it('passes where nothing is known', async () => {
    const { code, stdout } = await auditWith((response) => sendJson(response, {}));
    expect([code, stdout]).toEqual([0, '0 vulnerable packages, 0 of them of severity high or above\n']);
  });

  it('says that nothing was checked where the registry answers no audits', async () => {
    const refused = await auditWith((response) => sendJson(response, {}, 405));
    const unreachable = await audit('http://127.0.0.1:9');
    for (const { code, stdout } of [refused, unreachable]) {
      expect(code).toBe(0);
      expect(stdout).toMatch(/^NOT CHECKED: the registry answers no audits \(/);
    }
  });

  it('fails where npm cannot audit for a reason of its own', async () => {
    const { code, stdout } = await audit('http://127.0.0.1:9', folder.path);
    expect([code, stdout]).toEqual([1, expect.stringContaining('npm audit failed: ')]);
  });
});
