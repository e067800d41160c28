import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../harness/root.ts';
import { temporaryFolder } from '../../harness/run-command.ts';

type Package = { name: string; version: string; licence: string; author: string | undefined; folder: string };
type Metafile = { outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }> };
type Component = { purl: string; hashes?: { alg: string; content: string }[]; licenses: unknown[] };
type Build = {
  bundledPackages(root: string, metafile: Metafile): Package[];
  noticesText(root: string, packages: Package[]): string;
  sbomText(root: string, packages: Package[], tools: { name: string; version: string }[]): string;
};

/** A folder with these packages; only some of them carry a licence file. */
const PACKAGES: Readonly<Record<string, { name: string; version: string; license?: string; author?: unknown; text?: string }>> = {
  'node_modules/@scope/one': { name: '@scope/one', version: '1.0.0', license: 'Apache-2.0', text: 'Copyright Somebody Else' },
  'node_modules/two': { name: 'two', version: '2.0.0', license: 'Apache-2.0' },
  'node_modules/@scope/one/node_modules/two': { name: 'two', version: '1.9.9', license: 'MIT', author: { name: 'Two Writer' } },
  'node_modules/three/node_modules/two': { name: 'two', version: '1.9.9', license: 'MIT', author: { name: 'Two Writer' } },
  'node_modules/three': { name: 'three', version: '3.1.0-rc.1', license: '(MIT OR ISC)', text: 'three, by its authors' },
  'node_modules/four': { name: 'four', version: '4.0.0', license: 'ISC' },
};
const folder = temporaryFolder();
const root = folder.path;
let build: Build;

beforeAll(async () => {
  for (const [path, { text, ...manifest }] of Object.entries(PACKAGES)) {
    mkdirSync(join(root, path), { recursive: true });
    writeFileSync(join(root, path, 'package.json'), JSON.stringify(manifest));
    if (text !== undefined) writeFileSync(join(root, path, 'LICENSE'), text);
  }
  writeFileSync(join(root, 'package.json'), JSON.stringify({ name: 'program', version: '0.0.1', description: 'a test' }));
  const integrity = `sha512-${Buffer.from('archive of two').toString('base64')}`;
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: { 'node_modules/two': { integrity } } }));
  const load = (file: string) => import(pathToFileURL(join(ROOT, '.build', file)).href) as Promise<Build>;
  build = { ...(await load('contents.js')), ...(await load('notices.js')), ...(await load('sbom.js')) };
});
afterAll(() => folder.remove());

const inputs = fc.array(
  fc.record({
    output: fc.constantFrom('dist/a.js', 'dist/b.js'),
    file: fc.constantFrom(...Object.keys(PACKAGES).map((path) => `${path}/lib/index.js`), 'src/cli/main.ts'),
    bytes: fc.nat({ max: 2 }),
  }),
);

function metafileOf(entries: readonly { output: string; file: string; bytes: number }[]): Metafile {
  const metafile: Metafile = { outputs: {} };
  for (const { output, file, bytes } of entries) {
    metafile.outputs[output] ??= { inputs: {} };
    const known = metafile.outputs[output].inputs[file]?.bytesInOutput ?? 0;
    metafile.outputs[output].inputs[file] = { bytesInOutput: known + bytes };
  }
  return metafile;
}

const sbomOf = (metafile: Metafile) =>
  build.sbomText(root, build.bundledPackages(root, metafile), [{ name: 'bundler', version: '1.0.0' }]);
const componentsOf = (metafile: Metafile) => (JSON.parse(sbomOf(metafile)) as { components: Component[] }).components;
const everything = metafileOf(Object.keys(PACKAGES).map((path) => ({ output: 'a.js', file: `${path}/index.js`, bytes: 1 })));

describe('the bill of materials', () => {
  it('lists what has bytes in the output, each version once, and nothing else', () => {
    fc.assert(
      fc.property(inputs, (all) => {
        const inside = all.filter(({ file, bytes }) => bytes > 0 && file.startsWith('node_modules/'));
        const wanted = inside.map(({ file }) => {
          const { name, version } = PACKAGES[file.replace('/lib/index.js', '')]!;
          return `pkg:npm/${name.replace('@', '%40')}@${version}`;
        });
        const listed = componentsOf(metafileOf(all)).map(({ purl }) => purl);
        expect(listed.toSorted()).toEqual([...new Set(wanted)].sort());
      }),
    );
  });

  it('is the same bytes for the same contents, in whatever order they were built', () => {
    const shuffled = inputs.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, ([one, other]) => {
        expect(sbomOf(metafileOf(one))).toBe(sbomOf(metafileOf(other)));
      }),
    );
    expect(sbomOf(everything)).not.toMatch(/timestamp|serialNumber/);
  });

  it('tells hashes where the lock file knows them, and licences as identifiers or expressions', () => {
    const components = new Map(componentsOf(everything).map((one) => [one.purl, one]));
    const content = Buffer.from('archive of two').toString('hex');
    expect(components.get('pkg:npm/two@2.0.0')).toMatchObject({
      hashes: [{ alg: 'SHA-512', content }],
      licenses: [{ license: { id: 'Apache-2.0' } }],
    });
    expect(components.get('pkg:npm/two@1.9.9')).not.toHaveProperty('hashes');
    expect(components.get('pkg:npm/three@3.1.0-rc.1')!.licenses).toEqual([{ expression: '(MIT OR ISC)' }]);
    expect(components.get('pkg:npm/%40scope/one@1.0.0')).toMatchObject({ group: '@scope', name: 'one', version: '1.0.0' });
  });
});

describe('the licences', () => {
  const noticesOf = (...paths: string[]) => {
    const metafile = metafileOf(paths.map((path) => ({ output: 'a.js', file: `${path}/index.js`, bytes: 1 })));
    return build.noticesText(root, build.bundledPackages(root, metafile));
  };

  it("a package's own text stays; one without gets the neutral text, and not that of other people", () => {
    const text = noticesOf('node_modules/@scope/one', 'node_modules/two');
    const [one, two] = text.split('='.repeat(80));
    expect(one).toMatch(/@scope\/one 1\.0\.0 \(Apache-2\.0\)\n\nCopyright Somebody Else/);
    expect(two).toContain('two 2.0.0 (Apache-2.0)');
    expect(two).toContain('END OF TERMS AND CONDITIONS');
    expect(two).not.toContain('Somebody Else');
  });

  it('the neutral text of the others names the author, or the authors where none is named', () => {
    const text = noticesOf('node_modules/@scope/one/node_modules/two', 'node_modules/four');
    expect(text).toMatch(/two 1\.9\.9 \(MIT\)\n\nCopyright \(c\) Two Writer\n\nPermission is hereby granted/);
    expect(text).toMatch(/four 4\.0\.0 \(ISC\)\n\nCopyright \(c\) the authors of four\n\nPermission to use/);
  });

  it.each([
    ['a licence of which no text is known', 'Sleepycat', 'five 5.0.0 comes without the text of its licence'],
    ['no licence at all', undefined, 'five 5.0.0 names no licence'],
  ])('%s ends the build', (_, license, message) => {
    const path = join(root, 'node_modules/five');
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'package.json'), JSON.stringify({ name: 'five', version: '5.0.0', license }));
    expect(() => noticesOf('node_modules/five')).toThrow(message);
  });
});
