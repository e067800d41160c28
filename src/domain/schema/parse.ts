import type { TableDefinition } from './definition.ts';
import { checkRules } from './rules.ts';
import { checkShape, type Path } from '../json/shape.ts';
import { readDocument, type Fault } from '../json/syntax.ts';
import { TABLE_SHAPE } from './table-shape.ts';

/**
 * Reads a schema file. Every fault is reported at once, in the order of the file, each with its line and column; a definition
 * comes back only when there is none.
 */
export function parseSchema(text: string): { definition: TableDefinition } | { faults: Fault[] } {
  const read = readDocument(text);
  if ('fault' in read) return { faults: [read.fault] };
  const { document } = read;
  const faults: Fault[] = [];
  const report = (path: Path, message: string) => {
    const fault = { ...document.locationOf(path), path: inWords(path), message };
    if (!faults.some((other) => other.path === fault.path && other.message === message)) faults.push(fault);
  };
  checkShape(document.value, TABLE_SHAPE, [], report);
  checkRules(Object(document.value), report);
  faults.sort((a, b) => a.line - b.line || a.column - b.column);
  if (faults.length > 0) return { faults };
  // without a fault the value has the shape
  const { $schema: _, ...definition }: TableDefinition & { $schema?: string } = Object(document.value);
  return { definition };
}

/** `$.KeySchema[0].AttributeName` */
function inWords(path: Path): string {
  return `$${path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')}`;
}
