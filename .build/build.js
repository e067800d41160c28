// Builds the program: every command file and what it shares, bundled with all packages but the embedded engine, so that a
// start reads few files and a user installs few packages. `tsc` only checks; esbuild writes.
import { build } from 'esbuild';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeManifest } from './manifest.js';
import { writeNotices } from './notices.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');

/**
 * oclif loads these at every start and needs them for help, spinners or globbing alone. They stand in files of their own, so
 * that a start neither runs nor reads them, and wait until they are asked for.
 */
const WAITING = ['cli-spinners', 'ejs', 'lilconfig', 'minimatch', 'semver', 'tinyglobby'];

const waitingRequires = {
  name: 'waiting-requires',
  setup({ onLoad, onResolve, onEnd }) {
    const found = new Set();
    // oclif is shared by all commands, so its code lies in dist/chunks
    onResolve({ filter: new RegExp(`^(${WAITING.join('|')})$`) }, ({ path, importer }) =>
      /@oclif[\\/]core[\\/]/.test(importer) ? { path: `../waiting/${path}.cjs`, external: true } : undefined,
    );
    onLoad({ filter: /@oclif[\\/]core[\\/]lib[\\/].*\.js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const contents = source.replace(
        /^const (\w+) = (__importDefault\()?require\("([^"]+)"\)\)?;$/gm,
        (statement, name, isDefault, from) => {
          if (!WAITING.includes(from)) return statement;
          found.add(from);
          return isDefault
            ? `const ${name} = { get default() { return __importDefault(require("${from}")).default; } };`
            : `const ${name} = new Proxy({}, { get: (_, member) => require("${from}")[member] });`;
        },
      );
      return { contents, loader: 'js' };
    });
    onEnd(() => {
      // oclif requires semver inside of a function already
      const missed = WAITING.filter((name) => name !== 'semver' && !found.has(name));
      if (missed.length > 0) throw new Error(`oclif no longer requires ${missed.join(', ')} as this build expects`);
    });
  },
};

/** What CommonJS packages expect to find around them. */
const COMMONJS = [
  `import { createRequire as __createRequire } from 'node:module';`,
  `import { fileURLToPath as __fileURLToPath } from 'node:url';`,
  `const require = __createRequire(import.meta.url), __filename = __fileURLToPath(import.meta.url), __dirname = __fileURLToPath(new URL('.', import.meta.url));`,
].join('');

rmSync(DIST, { recursive: true, force: true });
const commands = readdirSync(join(ROOT, 'src/commands'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => join('src/commands', file));
const { metafile } = await build({
  absWorkingDir: ROOT,
  entryPoints: [...commands, 'src/cli/main.ts', 'src/cli/command-not-found.ts', 'src/cli/help/help.ts'],
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
  metafile: true,
  banner: { js: COMMONJS },
  plugins: [waitingRequires],
  logLevel: 'warning',
});
const waiting = await build({
  absWorkingDir: ROOT,
  entryPoints: Object.fromEntries(WAITING.map((name) => [name, name])),
  outdir: 'dist/waiting',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20.19',
  minify: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});
writeNotices(ROOT, [metafile, waiting.metafile], join(DIST, 'THIRD-PARTY-NOTICES.txt'));
await writeManifest(ROOT);
if (process.argv.includes('--metafile')) writeFileSync(join(DIST, 'meta.json'), JSON.stringify(metafile));
