import { MqdynError } from '../domain/errors.ts';
import { parseHooksConf, type HooksConf } from '../domain/hooks/conf.ts';
import type { ConfNote } from '../domain/hooks/conf-lines.ts';
import { readTextFile } from '../files/text.ts';

/** A configuration of the backend, with its warnings as sentences that name file and place. */
export type LoadedHooks = Omit<HooksConf, 'warnings'> & { warnings: string[] };

/** Reads emqx_backend_dynamo.conf. Every fault of the file is reported at once; nothing has been written then. */
export async function loadHooks(file: string): Promise<LoadedHooks> {
  const text = await readTextFile(file);
  if (text === undefined) throw new MqdynError('E_INPUT', `${file} does not exist`);
  const parsed = parseHooksConf(text);
  const sentence = ({ line, column, message }: ConfNote) => `${file}:${line}:${column}: ${message}`;
  if ('conf' in parsed) return { ...parsed.conf, warnings: parsed.conf.warnings.map(sentence) };
  const [first, ...others] = parsed.faults.map(sentence);
  throw new MqdynError('E_CONFIG', first ?? `${file} is not valid`, { detail: others });
}
