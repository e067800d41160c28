import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MqdynError } from '../domain/errors.ts';
import { isErrno } from './errors.ts';

const MAX_SCHEMA_BYTES = 1 << 20;

/** The schema files that come with the program. Two folders above this file, in `src/files` and in `dist/chunks`. */
export const OWN_SCHEMA_DIR = fileURLToPath(new URL('../../schemas/', import.meta.url));

export type SchemaText = { file: string; text: string };

/** Reads every `*.json` of a schema folder, by name. What leads out of the folder, is no file or is over 1 MB is refused. */
export async function readSchemaFolder(folder: string): Promise<SchemaText[]> {
  let names: string[];
  try {
    names = (await readdir(folder)).filter((name) => name.endsWith('.json') && !name.endsWith('.schema.json')).sort();
  } catch (error) {
    throw unreadable(folder, error);
  }
  if (names.length === 0) throw new MqdynError('E_SCHEMA', `no schema file (*.json) in ${folder}`);
  return Promise.all(names.map((name) => readSchemaFile(join(folder, name), folder)));
}

/** Reads one schema file; with `folder` it must not lead out of it. */
export async function readSchemaFile(file: string, folder?: string): Promise<SchemaText> {
  try {
    const real = await realpath(file);
    if (folder !== undefined && !real.startsWith(withSeparator(await realpath(folder)))) {
      throw new MqdynError('E_SCHEMA', `${file} points outside ${folder}`);
    }
    const facts = await stat(real);
    if (!facts.isFile()) throw new MqdynError('E_SCHEMA', `${file} is not a file`);
    if (facts.size > MAX_SCHEMA_BYTES) throw new MqdynError('E_SCHEMA', `${file} is larger than 1 MB`);
    return { file, text: new TextDecoder('utf-8', { fatal: true }).decode(await readFile(real)) };
  } catch (error) {
    throw unreadable(file, error);
  }
}

function withSeparator(folder: string): string {
  return folder.endsWith(sep) ? folder : folder + sep;
}

function unreadable(path: string, error: unknown): unknown {
  if (error instanceof TypeError) return new MqdynError('E_SCHEMA', `${path} is not UTF-8`, { cause: error });
  return isErrno(error) ? new MqdynError('E_SCHEMA', `${path} cannot be read (${error.code})`, { cause: error }) : error;
}
