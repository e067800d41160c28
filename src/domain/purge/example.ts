import { numberOf, textOf, type Item } from '../item.ts';
import type { TableName } from '../records/tables.ts';
import { isoText, publishedMillis, timeOf } from '../records/times.ts';

/** An item in a few words, as an example of what goes. */
export function exampleOf(table: TableName, item: Item): string {
  switch (table) {
    case 'mqtt_client':
      return words(textOf(item, 'clientid'), numberOf(item, 'connect_state') === '1' ? 'online' : since(item));
    case 'mqtt_acked':
      return words(textOf(item, 'topic'), textOf(item, 'clientid'), textOf(item, 'msgid'));
    default:
      return words(textOf(item, 'topic'), published(item), textOf(item, 'msgid'));
  }
}

function words(...parts: (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(' ');
}

function since(item: Item): string | undefined {
  const at = timeOf(item, 'offline_at');
  return at === undefined ? undefined : `offline since ${isoText(at)}`;
}

function published(item: Item): string | undefined {
  const at = publishedMillis(textOf(item, 'msgid'), item);
  return at === undefined ? undefined : isoText(at);
}
