import type { ItemChange } from '../changes/change.ts';
import type { HookRule } from '../hooks/rules.ts';
import type { Item } from '../item.ts';
import type { TableName } from '../records/tables.ts';

/** `error`: something is lost or not delivered. `warning`: it will be, or somebody should look. `note`: worth knowing, harmless. */
export type Severity = 'error' | 'warning' | 'note';

/** What every check says of itself, whether it looks at one item or at several together. */
export type CheckFacts = {
  /** Stable: part of the command line contract. */
  id: string;
  severity: Severity;
  tables: readonly TableName[];
  /** What was found, as a heading: `ids in the map whose message is gone`. */
  title: string;
  /** What that means for the broker and its clients, in a sentence or two. */
  says: string;
  /** What --fix does about it; undefined where no repair is safe. */
  repair?: string;
};

/** What the judgement of an item depends on besides the item. */
export type JudgeContext = {
  /** Unix milliseconds. */
  now: number;
  rules: readonly HookRule[];
};

/** One thing that is wrong with an item. */
export type Damage = {
  /** What of the item is meant, for people: an id, an attribute; the key alone where it is left out. */
  about?: string;
  /** Further facts, for people. */
  detail?: string;
  /** The change that mends it. */
  change?: ItemChange;
};

/** A check that needs nothing but the item. */
export type ItemCheck = CheckFacts & { judge(item: Item, table: TableName, context: JudgeContext): readonly Damage[] };

/** Nothing is wrong. */
export const SOUND: readonly Damage[] = [];
