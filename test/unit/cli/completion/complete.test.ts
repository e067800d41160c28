import { describe, expect, it } from 'vitest';
import { complete, type CompletionCommand } from '../../../../src/cli/completion/complete.ts';

const COMMANDS: readonly CompletionCommand[] = [
  {
    id: 'scan',
    summary: 'read a whole table',
    args: ['table'],
    flags: {
      format: { type: 'option', options: ['table', 'json', 'jsonl'] },
      filter: { type: 'option', helpValue: 'EXPR' },
      context: { type: 'option', char: 'c' },
      'endpoint-url': { type: 'option', helpValue: 'URL|local' },
      json: { type: 'boolean' },
      confirm: { type: 'option', multiple: true },
      out: { type: 'option', helpValue: 'DIR|-' },
      rejects: { type: 'option', helpValue: 'FILE' },
    },
  },
  { id: 'tables', args: [], flags: {} },
  { id: 'tables create', summary: 'create them', args: ['table'], flags: {} },
  { id: 'tables drop', args: ['table'], flags: {} },
  { id: 'config', args: ['key', 'value'], flags: {} },
  { id: 'get', args: ['table', 'key', 'sort'], flags: {} },
  { id: 'rewind', args: ['changes'], flags: {} },
  { id: 'help', args: [], flags: {} },
  { id: 'complete', hidden: true, args: [], flags: {} },
];

const words = (...typed: string[]) =>
  complete(
    typed,
    COMMANDS.filter(({ id }) => id !== 'tables'),
  ).words.map(({ word }) => word);
const from = (...typed: string[]) => complete(typed, COMMANDS).from;

describe('completion', () => {
  it('names commands and the words below a topic, never hidden ones', () => {
    expect(words('')).toEqual(['config', 'get', 'help', 'rewind', 'scan', 'tables']);
    expect(words('tables', '')).toEqual(['create', 'drop']);
    expect(words('tables', 'd')).toEqual(['drop']);
    expect(words('help', 'tables', 'c')).toEqual(['create']);
    expect(words('nonsense', '')).toEqual([]);
  });

  it('names flags; one that was given only where it may come again', () => {
    expect(words('scan', '--f')).toEqual(['--filter', '--format']);
    expect(words('scan', '--format', 'json', '--f')).toEqual(['--filter']);
    expect(words('scan', '--confirm', 'a', '--con')).toEqual(['--confirm', '--context']);
  });

  it('names values of flags, however the shell cuts them', () => {
    expect(words('scan', '--format', 'json')).toEqual(['json', 'jsonl']);
    expect(words('scan', '--format=t')).toEqual(['--format=table']);
    expect(words('scan', '--format', '=', 't')).toEqual(['table']);
    expect(words('scan', '--format', '=')).toEqual(['table', 'json', 'jsonl']);
    expect(words('scan', '--endpoint-url', 'l')).toEqual(['local']);
    expect(words('scan', '--filter', '')).toEqual([]);
  });

  it('says where other values come from', () => {
    expect(from('scan', '')).toBe('tables');
    expect(from('scan', '--json', '')).toBe('tables');
    expect(from('scan', '--format', 'json', '')).toBe('tables');
    expect(from('scan', '-c', '')).toBe('contexts');
    expect(from('scan', '--confirm', '')).toBe('live-tables');
    expect(from('scan', '--out', '')).toBe('folders');
    expect(from('scan', '--rejects', '')).toBe('files');
    expect(from('tables', 'create', 'mqtt_msg', '')).toBe('tables');
    expect(from('rewind', '')).toBe('files');
    expect([from('get', ''), from('get', 'mqtt_msg', '')]).toEqual(['tables', undefined]);
    expect(from('config', '')).toBe('settings');
    expect(from('config', 'use', '')).toBe('contexts');
    expect(words('config', 'read-only', '')).toEqual(['false', 'true']);
  });
});
