import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { findSettings } from '../../../src/cli/config/context.ts';
import { MqdynError } from '../../../src/domain/errors.ts';
import { alterations } from '../../harness/alter.ts';
import { temporaryFolder } from '../../harness/run-command.ts';

const folder = temporaryFolder();
const file = join(folder.path, 'config.json');
mkdirSync(folder.path, { recursive: true });
afterAll(() => folder.remove());

const CONFIG = JSON.stringify({
  context: 'prod',
  contexts: {
    prod: { region: 'eu-west-1', profile: 'ops', 'table-prefix': 'prod_', 'read-only': true },
    dev: { 'endpoint-url': 'local', 'data-dir': './data', 'schema-dir': '/schemas' },
  },
  profile: 'everywhere',
  'schema-dir': './mine',
});

type Members = Record<string, unknown>;
const NAMES = ['endpoint-url', 'region', 'profile', 'table-prefix', 'schema-dir', 'data-dir', 'read-only'];
const isObject = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);

const isSetting = ([name, value]: [string, unknown]) =>
  NAMES.includes(name) && (name === 'read-only' ? typeof value === 'boolean' : typeof value === 'string' && value !== '');

/** What a configuration says of every setting, computed independently; undefined if any of it is wrong. */
function plainly(text: string): Record<string, string> | undefined {
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(config)) return undefined;
  const { context, contexts = {}, ...ofAll } = config;
  if (!isObject(contexts) || !Object.entries(ofAll).every(isSetting)) return undefined;
  for (const [name, members] of Object.entries(contexts)) {
    if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name) || !isObject(members)) return undefined;
    if (!Object.entries(members).every(isSetting)) return undefined;
  }
  if (context !== undefined && (typeof context !== 'string' || !Object.hasOwn(contexts, context))) return undefined;
  const own = context === undefined ? {} : (contexts[context] as Members);
  const place = ['endpoint-url', 'region', 'profile'].some((name) => name in own);
  const rest = Object.entries(ofAll).filter(([name]) => !place || (name !== 'endpoint-url' && name !== 'region'));
  const all = Object.entries({ ...Object.fromEntries(rest), ...own });
  const shown = (name: string, value: unknown) => (name.endsWith('-dir') ? resolve(dirname(file), String(value)) : String(value));
  return Object.fromEntries(all.map(([name, value]) => [name, shown(name, value)]));
}

it('a configuration that is altered or damaged anywhere is refused, or takes effect exactly as written', async () => {
  let [refused, inForce] = [0, 0];
  await fc.assert(
    fc.asyncProperty(alterations(CONFIG), async (altered) => {
      writeFileSync(file, altered);
      const found = await findSettings({}, { MQDYN_CONFIG_DIR: folder.path }, '').catch((error: unknown) => {
        if (!(error instanceof MqdynError)) throw error;
        return error;
      });
      const expected = plainly(altered);
      if (found instanceof MqdynError) {
        refused += 1;
        expect([found.code, found.exit]).toEqual(['E_CONFIG', 4]);
        expect(found.message).toMatch(new RegExp(`^${file}:\\d+:\\d+: `));
        expect({ altered, expected }).toEqual({ altered, expected: undefined });
      } else {
        inForce += 1;
        const values = Object.fromEntries(Object.entries(found.settings).map(([name, { value }]) => [name, value]));
        expect({ altered, values }).toEqual({ altered, values: expected });
      }
    }),
    { numRuns: 2_000 },
  );
  expect([refused > 200, inForce > 40]).toEqual([true, true]);
  console.log(`configuration: ${refused} alterations refused, ${inForce} in force as written`);
});
