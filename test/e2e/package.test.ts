import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publishedPackage, startRegistry } from '../harness/registry.ts';
import { ROOT } from '../harness/root.ts';
import { makeUser } from '../harness/run-bin.ts';

type Manifest = { name: string; version: string; optionalDependencies: Record<string, string> };
type Lock = { packages: Record<string, { version: string; dev?: boolean; hasShrinkwrap?: boolean }> };
type Metafile = { outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }> };
type Sbom = { components: { name: string; group?: string; version: string; purl: string; hashes: unknown[] }[] };

const run = promisify(execFile);
const user = makeUser();
const folder = join(user.folder, 'installed');
const bin = join(folder, 'node_modules/.bin/mqdyn');
const packed = join(folder, 'node_modules/mqdyn');
// npm keeps its own cache and configuration; the program that it installs runs as the user
const npm = (args: string[], cwd: string, env: NodeJS.ProcessEnv = {}) =>
  run('npm', args, { cwd, env: { ...process.env, ...env } });
const OPTIONS = ['--omit=dev', '--prefer-offline', '--no-audit', '--no-fund'];
const readJson = (...path: string[]): unknown => JSON.parse(readFileSync(join(...path), 'utf8'));
let tarball: string;

/** Packs a copy, since npm would build into the folder that other tests run from. */
async function pack(): Promise<string> {
  const copy = join(user.folder, 'copy');
  const files = ['.build', 'bin', 'dist', 'schemas', 'README.md', 'oclif.manifest.json', 'package.json', 'package-lock.json'];
  for (const path of files) cpSync(join(ROOT, path), join(copy, path), { recursive: true });
  await run(process.execPath, ['.build/prepack.js'], { cwd: copy });
  const { stdout } = await npm(['pack', '--json', '--ignore-scripts', '--pack-destination', user.folder], copy);
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  return join(user.folder, filename);
}

beforeAll(async () => {
  tarball = await pack();
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{}');
  const others = (await npm(['config', 'get', 'registry'], folder)).stdout.trim();
  const manifest = readJson(ROOT, 'package.json') as Manifest;
  const registry = await startRegistry(publishedPackage(manifest, readFileSync(tarball), others));
  await npm(['install', ...OPTIONS, '--ignore-scripts', '--registry', registry.url, manifest.name], folder);
  await registry.stop();
}, 120_000);
afterAll(() => user.remove());

describe('the packed program, installed without its sources and without running install scripts', () => {
  it('tells its version', async () => {
    const { version } = readJson(ROOT, 'package.json') as Manifest;
    const { stdout } = await run(bin, ['--version'], { env: user.env });
    expect(stdout).toContain(`mqdyn/${version} `);
  });

  it('knows every command', async () => {
    const { stdout } = await run(bin, ['help'], { env: user.env });
    for (const command of ['scan', 'query', 'subs', 'replay', 'tables']) expect(stdout).toContain(`\n  ${command} `);
  });

  it('brings the schemas of what --json prints', () => {
    expect(existsSync(join(folder, 'node_modules/mqdyn/schemas/output/tables-list.json'))).toBe(true);
  });

  it('works on the embedded engine', async () => {
    const created = await run(bin, ['tables', 'create', '--json'], { env: user.env, cwd: user.folder });
    expect((JSON.parse(created.stdout) as { count: number }).count).toBe(6);
    const { stdout } = await run(bin, ['tables', 'list', '--json'], { env: user.env, cwd: user.folder });
    const { items } = JSON.parse(stdout) as { items: { table: string; status: string }[] };
    expect(items.map(({ table, status }) => `${table} ${status}`)).toContain('mqtt_msg ACTIVE');
  });

  it('shows places of the source in the stack of a fault', async () => {
    const failed = run(bin, ['scan', 'mqtt_nothing'], { env: { ...user.env, MQDYN_DEBUG: '1' }, cwd: user.folder });
    await expect(failed).rejects.toMatchObject({ code: 4, stderr: expect.stringMatching(/\/src\/dynamo\/[\w-]+\.ts:\d+:\d+/) });
  });

  it('brings few packages, in the versions that were tested, and none that only development needs', () => {
    const lock = (readJson(ROOT, 'package-lock.json') as Lock).packages;
    const wanted = Object.entries(lock).filter(([path, { dev }]) => path !== '' && !dev);
    const installed = (readJson(folder, 'node_modules/.package-lock.json') as Lock).packages;
    const { ['node_modules/mqdyn']: own, ...others } = installed;
    expect(own).toMatchObject({ hasShrinkwrap: true });
    expect(Object.entries(others).map(([path, { version }]) => `${path} ${version}`)).toEqual(
      wanted.map(([path, { version }]) => `node_modules/mqdyn/${path} ${version}`),
    );
    expect(wanted.length).toBeGreaterThan(10);
    expect(wanted.length).toBeLessThan(40);
  });
});

describe('what the package says of its contents', () => {
  /** The packages that esbuild's own report has, each by the package.json that is nearest to its files. */
  const inside = (): string[] => {
    const found = new Set<string>();
    const { outputs } = readJson(ROOT, 'dist/meta.json') as Metafile;
    for (const { inputs } of Object.values(outputs)) {
      for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
        if (bytesInOutput > 0 && file.includes('node_modules/')) found.add(nearestPackage(join(ROOT, file)));
      }
    }
    return [...found].sort();
  };

  function nearestPackage(file: string): string {
    for (let at = dirname(file); at !== ROOT; at = dirname(at)) {
      const manifest = existsSync(join(at, 'package.json')) ? (readJson(at, 'package.json') as Partial<Manifest>) : {};
      if (manifest.name !== undefined && manifest.version !== undefined) return `${manifest.name}@${manifest.version}`;
    }
    throw new Error(`${file} is in no package`);
  }

  const components = () => (readJson(packed, 'dist/sbom.cdx.json') as Sbom).components;

  it('the bill of materials lists what esbuild put in, with the hash of each', () => {
    const listed = components().map(({ group, name, version }) => `${group === undefined ? '' : `${group}/`}${name}@${version}`);
    expect(listed.toSorted()).toEqual(inside());
    expect(listed.length).toBeGreaterThan(30);
    for (const { hashes } of components()) {
      expect(hashes).toEqual([{ alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/) }]);
    }
  });

  it('the licences name each of them', () => {
    const notices = readFileSync(join(packed, 'dist/THIRD-PARTY-NOTICES.txt'), 'utf8');
    for (const component of inside()) expect(notices).toContain(`\n${component.replace(/@([^@]+)$/, ' $1')} (`);
  });

  it('the README names the version of the AWS SDK that is inside', () => {
    const sdk = components().find(({ purl }) => purl.startsWith('pkg:npm/%40aws-sdk/client-dynamodb@'))!;
    expect(readFileSync(join(packed, 'README.md'), 'utf8')).toContain(`\`@aws-sdk/client-dynamodb\` ${sdk.version}`);
  });

  it('names no licence of its own, and cannot be published by mistake, until one is chosen', () => {
    const licence = readdirSync(ROOT).some((file) => /^licen[cs]e/i.test(file));
    const manifest = readJson(packed, 'package.json') as { license?: string; private?: boolean };
    expect([manifest.license !== undefined, manifest.private !== true]).toEqual([licence, licence]);
  });
});

it('an install where the native build fails goes on without the embedded engine', async () => {
  const other = join(user.folder, 'without-engine');
  mkdirSync(other);
  writeFileSync(join(other, 'package.json'), '{}');
  const noCompiler = { npm_config_build_from_source: 'true', npm_config_nodedir: user.folder, CC: 'false', CXX: 'false' };
  await npm(['install', ...OPTIONS, tarball], other, noCompiler);
  expect(readdirSync(join(other, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['mqdyn']);
  const listed = run(join(other, 'node_modules/.bin/mqdyn'), ['tables', 'list'], { env: user.env, cwd: user.folder });
  await expect(listed).rejects.toMatchObject({
    code: 11,
    stderr: expect.stringContaining('no embedded engine on this platform'),
  });
});
