import { basename } from 'node:path';
import { caretUnder, MqdynError } from '../../domain/errors.ts';
import { isBackendTable } from '../../domain/records/tables.ts';
import type { TableDefinition } from '../../domain/schema/definition.ts';
import { parseSchema } from '../../domain/schema/parse.ts';
import type { Fault } from '../../domain/json/syntax.ts';
import { didYouMean } from '../../domain/suggest.ts';
import { readSchemaFolder, type SchemaText } from '../../files/schema-folder.ts';

/** Reads every schema file of a folder. All faults of all files are reported at once; nothing has been created then. */
export async function loadDefinitions(folder: string): Promise<TableDefinition[]> {
  return parseAll(await readSchemaFolder(folder));
}

/** The definitions of the named tables, or of all; an unknown name is a usage error. */
export async function chooseDefinitions(folder: string, names: readonly string[]): Promise<TableDefinition[]> {
  const all = await loadDefinitions(folder);
  const known = all.map((definition) => definition.TableName);
  for (const name of names) {
    if (known.includes(name)) continue;
    throw new MqdynError('E_USAGE', `no schema file defines ${name}.${didYouMean(name, known)}`, {
      hint: `Tables: ${known.join(', ')}.`,
    });
  }
  return names.length === 0 ? all : all.filter((definition) => names.includes(definition.TableName));
}

/** Parses schema files together. */
export function parseAll(files: readonly SchemaText[]): TableDefinition[] {
  const definitions: TableDefinition[] = [];
  const faults: { file: SchemaText; fault: Fault }[] = [];
  const owners = new Map<string, string>();
  for (const file of files) {
    const parsed = parseSchema(file.text);
    if ('faults' in parsed) {
      faults.push(...parsed.faults.map((fault) => ({ file, fault })));
      continue;
    }
    const name = parsed.definition.TableName;
    const role = roleFault(basename(file.file, '.json'), name, owners.get(name));
    if (role) faults.push({ file, fault: { line: 1, column: 1, path: '$.TableName', message: role } });
    owners.set(name, basename(file.file));
    definitions.push(parsed.definition);
  }
  if (faults.length > 0) throw schemaError(faults);
  return definitions;
}

function roleFault(role: string, name: string, other: string | undefined): string | undefined {
  if (other !== undefined) return `${name} is already defined in ${other}`;
  return isBackendTable(role) && role !== name ? `the file for ${role} defines ${name}` : undefined;
}

function schemaError(faults: readonly { file: SchemaText; fault: Fault }[]): MqdynError {
  const [first, ...others] = faults;
  if (first === undefined) throw new Error('an error without a fault');
  const sentenceOf = ({ file, fault }: (typeof faults)[number]) => {
    const path = fault.path === undefined || fault.path === '$' ? '' : `${fault.path}: `;
    return `${file.file}:${fault.line}:${fault.column}: ${path}${fault.message}`;
  };
  const { file, fault } = first;
  const source = file.text.split('\n')[fault.line - 1] ?? '';
  const detail = [...caretUnder(source, fault.column - 1), ...others.map(sentenceOf)];
  return new MqdynError('E_SCHEMA', sentenceOf(first), { detail });
}
