/** A fault or a warning about a configuration file, at a place counted from 1. */
export type ConfNote = { line: number; column: number; message: string };

/** One setting: the parts of its key, its value, and where both stand. */
export type Setting = { key: string; parts: readonly string[]; value: string; line: number; valueColumn: number };

export type ConfLines = { settings: Setting[]; faults: ConfNote[]; warnings: ConfNote[] };

/** A word of a key, `\.` being a dot inside of it. */
const KEY = /^(?:[A-Za-z0-9_\-@/:]|\\\.)+(?:\.(?:[A-Za-z0-9_\-@/:]|\\\.)+)*/;
const INCLUDE = /^include[ \t]+\S/;
const PLACEHOLDER = /^\{\{.*\}\}$/;
/** Text behind these names is never repeated in a message, whatever stands there. */
const SECRET_NAME = /aws_(?:secret_)?access_key(?:_id)?/;

/**
 * Splits a configuration file into settings by cuttlefish's grammar: one setting a line, `#` a comment only at the start of
 * a line, a value reaching to the end of its line, blanks around `=` optional. Of a key that is set twice the last one
 * counts. Source: emqx_backend_dynamo.schema 4.3.5.
 */
export function readConfLines(text: string): ConfLines {
  const found: ConfLines = { settings: [], faults: [], warnings: [] };
  const byKey = new Map<string, Setting>();
  for (const [index, raw] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    const setting = readLine(raw, index + 1, found);
    if (setting === undefined) continue;
    const before = byKey.get(setting.key);
    if (before)
      found.warnings.push({
        line: before.line,
        column: 1,
        message: `${safeKey(before.key)} is set again in line ${index + 1}, which wins`,
      });
    byKey.delete(setting.key);
    byKey.set(setting.key, setting);
  }
  found.settings.push(...byKey.values());
  return found;
}

function readLine(raw: string, line: number, found: ConfLines): Setting | undefined {
  const content = raw.replace(/[ \t\r]+$/, '');
  const start = content.search(/[^ \t]/);
  if (start < 0 || content[start] === '#') return undefined;
  const rest = content.slice(start);
  const note = (column: number, message: string): ConfNote => ({ line, column, message });
  if (INCLUDE.test(rest) && !/^include[ \t]*=/.test(rest)) {
    found.warnings.push(note(start + 1, 'include is not followed: what the other file sets is missing here'));
    return undefined;
  }
  if (PLACEHOLDER.test(rest)) {
    found.warnings.push(note(start + 1, 'an unfilled {{placeholder}} is left out'));
    return undefined;
  }
  const key = KEY.exec(rest)?.[0];
  if (key === undefined) {
    found.faults.push(note(start + 1, 'expected a key'));
    return undefined;
  }
  const equals = start + key.length + rest.slice(key.length).search(/[^ \t]|$/);
  if (content[equals] !== '=') {
    found.faults.push(note(equals + 1, `expected '=' after ${safeKey(key)}`));
    return undefined;
  }
  const value = content.slice(equals + 1).replace(/^[ \t]+/, '');
  if (value === '') {
    found.faults.push(note(equals + 2, `${safeKey(key)} has no value`));
    return undefined;
  }
  if (/[^\u0000-\u00ff]/.test(value)) {
    found.warnings.push(note(equals + 2, `${safeKey(key)} contains a character beyond Latin-1, which the broker refuses`));
  }
  const parts = key.split(/(?<!\\)\./).map((part) => part.replaceAll('\\.', '.'));
  return { key, parts, value, line, valueColumn: content.length - value.length + 1 };
}

/** A key for a message: cut where a mistyped line may have drawn a secret into it. */
export function safeKey(key: string): string {
  const match = SECRET_NAME.exec(key);
  return match ? key.slice(0, match.index + match[0].length) : key;
}
