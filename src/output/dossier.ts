import type { AttributeValue } from '../domain/item.ts';
import type { ClientDossier } from '../domain/views/clients.ts';
import { cellText, paintOf } from './cell.ts';
import { CLIENT_COLUMNS, subscriptionColumns } from './columns.ts';
import { escapeControls } from './escape.ts';
import type { Column, OutputOptions, Section } from './document.ts';
import { knownClientItem, subscriptionItem } from './views/clients.ts';

/** A client on one page: its state in lines, its subscriptions as a table. */
export function dossierSections(dossier: ClientDossier, now: number, { theme }: Pick<OutputOptions, 'theme'>): Section[] {
  const client = knownClientItem(dossier);
  const subscriptions = dossier.subscriptions.map(subscriptionItem);
  const shown = CLIENT_COLUMNS.filter(({ name }) => client[name] !== undefined);
  const others = Object.keys(client).filter((name) => !CLIENT_COLUMNS.some((column) => column.name === name));
  const all = [...shown, ...others.sort().map((name) => ({ name }))];
  const indent = Math.max(...all.map(({ name }) => name.length)) + 2;
  const painted = (value: AttributeValue | undefined, column: Column) => {
    const text = cellText(value, column);
    return paintOf(value, column, theme)?.(text) ?? text;
  };
  const lines = all.map((column) => `${escapeControls(column.name).padEnd(indent)}${painted(client[column.name], column)}`);
  const stored: Section =
    subscriptions.length === 0
      ? { heading: 'stored subscriptions', lines: ['none'] }
      : { heading: 'stored subscriptions', columns: subscriptionColumns(now), rows: subscriptions };
  return [{ heading: '', lines }, stored];
}
