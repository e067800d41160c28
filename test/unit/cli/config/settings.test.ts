import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readConfig, settingsOf } from '../../../../src/cli/config/config-file.ts';
import { mergeSettings, settingsFromEnv, settingsFromFlags } from '../../../../src/cli/config/settings.ts';
import { temporaryFolder } from '../../../harness/run-command.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const path = join(folder.path, 'config.json');

async function read(text: string) {
  writeFileSync(path, text);
  return settingsOf(await readConfig(path), path, path);
}

describe('settings', () => {
  it('come from flags, variables and the file, in this order', async () => {
    const file = await read('{"region": "c", "table-prefix": "c", "data-dir": "c"}');
    const env = settingsFromEnv({ MQDYN_REGION: 'b', MQDYN_TABLE_PREFIX: 'b', MQDYN_SCHEMA_DIR: '' });
    const flags = settingsFromFlags({ region: 'a', 'schema-dir': undefined, json: true });
    expect(mergeSettings(flags, env, file)).toEqual({
      region: { value: 'a', source: '--region' },
      'table-prefix': { value: 'b', source: 'MQDYN_TABLE_PREFIX' },
      'data-dir': { value: join(folder.path, 'c'), source: path },
    });
  });

  it('need no file', async () => {
    expect(await readConfig(join(folder.path, 'none.json'))).toEqual({});
  });

  it('may start with a byte-order mark', async () => {
    expect(await read('\ufeff{"region": "x"}')).toEqual({ region: { value: 'x', source: path } });
  });

  it.each([
    [
      '{\n  "region": "x"\n  "profile": "y"\n}',
      `3:3: expected ',' or '}' inside the document (opened at line 1), found '"profile"'`,
    ],
    ['region = x', "1:1: expected '{', found 'region'"],
    ['{"region": 5}', '1:12: region must be a string'],
    ['{"region": null}', '1:12: region must be a string'],
    ['{\n  "regoin": "x"}', '2:13: unknown setting regoin. Did you mean region?'],
    ['{"region": "x"', "1:15: expected ',' or '}' inside the document (opened at line 1), found the end of the file"],
    ['', "1:1: expected '{', found the end of the file"],
  ])('%j', async (text, fault) => {
    await expect(read(text)).rejects.toMatchObject({ code: 'E_CONFIG', exit: 4, message: `${path}:${fault}` });
  });

  it('are not read from a folder', async () => {
    const place = join(folder.path, 'd');
    mkdirSync(place);
    await expect(readConfig(place)).rejects.toMatchObject({ exit: 4, message: `${place} is a directory, not a file` });
  });
});
