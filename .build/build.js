// Builds the program: every command file and what it shares, bundled with all packages but the embedded engine, so that a
// start reads few files and a user installs few packages. `tsc` only checks; esbuild writes.
import { build, version } from 'esbuild';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundledPackages } from './contents.js';
import { writeManifest } from './manifest.js';
import { noticesText } from './notices.js';
import { sbomText } from './sbom.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');

/** What CommonJS packages expect to find around them. */
const COMMONJS = [
  `import { createRequire as __createRequire } from 'node:module';`,
  `import { fileURLToPath as __fileURLToPath } from 'node:url';`,
  `const require = __createRequire(import.meta.url), __filename = __fileURLToPath(import.meta.url), __dirname = __fileURLToPath(new URL('.', import.meta.url));`,
].join('');

/** `import` reads every member of node:http, and from Node 22 on one of them loads all of undici; `require` reads none. */
const requireHttp = {
  name: 'require-http',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:http$/ }, ({ path, kind }) =>
      kind === 'require-call' ? undefined : { path, namespace: 'required' },
    );
    onLoad({ filter: /.*/, namespace: 'required' }, ({ path }) => ({ contents: `module.exports = require('${path}');` }));
  },
};

rmSync(DIST, { recursive: true, force: true });
const commands = readdirSync(join(ROOT, 'src/commands'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => join('src/commands', file));
const { metafile } = await build({
  absWorkingDir: ROOT,
  entryPoints: [
    ...[...commands, 'src/cli/main.ts', 'src/cli/command-not-found.ts', 'src/cli/help/help.ts'].map((file) => ({
      in: file,
      out: file.replace(/^src.|\.ts$/g, ''),
    })),
    // a thread of its own, started from the chunk that the engine's file becomes
    { in: 'src/dynamo/embedded-worker.js', out: 'chunks/embedded-worker' },
  ],
  outdir: 'dist',
  outbase: 'src',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  mainFields: ['module', 'main'],
  // native code (dynalite's store) cannot be bundled; oclif asks for typescript only to run from source
  external: ['dynalite', 'typescript'],
  // names stay, so that a stack trace can be read even without the maps
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: true,
  sourcesContent: false,
  legalComments: 'none',
  plugins: [requireHttp],
  metafile: true,
  banner: { js: COMMONJS },
  logLevel: 'warning',
});
const packages = bundledPackages(ROOT, metafile);
writeFileSync(join(DIST, 'THIRD-PARTY-NOTICES.txt'), noticesText(ROOT, packages));
writeFileSync(join(DIST, 'sbom.cdx.json'), sbomText(ROOT, packages, [{ name: 'esbuild', version }]));
// not published: a test compares the list of contents with it
writeFileSync(join(DIST, 'meta.json'), JSON.stringify(metafile));
await writeManifest(ROOT);
