import { countText } from '../count-text.ts';
import { attributeOf, itemBytes, MAX_ITEM_BYTES, type AttributeValue, type Item } from '../item.ts';
import { utf8ByteLength } from '../mqtt/bytes.ts';
import { decodeMsgid } from '../mqtt/msgid.ts';
import { subscriptionFault, topicNameFault } from '../mqtt/topic.ts';
import { KEYS, MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES, type TableName } from '../records/tables.ts';

/** What kind of rule an attribute breaks. */
export type FaultKind = 'missing' | 'type' | 'key' | 'value' | 'msgid' | 'topic' | 'filter' | 'size';

/** What is wrong with one attribute of an item: `mqtt_msg: <attribute> <fault>` is a sentence. */
export type ItemFault = { attribute: string; kind: FaultKind; fault: string };

/** What is wrong with a value of the right type; undefined when it is as the backend writes it. */
type Rule = (value: AttributeValue) => Omit<ItemFault, 'attribute'> | undefined;

type AttributeRule = { name: string; type: 'S' | 'N' | 'SS'; optional?: true; rule?: Rule };

const MESSAGE: readonly AttributeRule[] = [
  { name: 'msgid', type: 'S', rule: msgid },
  { name: 'topic', type: 'S', rule: topicName },
  { name: 'sender', type: 'S' },
  { name: 'qos', type: 'N', rule: oneOf('0', '1', '2') },
  { name: 'retain', type: 'N', rule: oneOf('0', '1') },
  { name: 'payload', type: 'S' },
  { name: 'arrived', type: 'N' },
];

/**
 * The attributes that the backend writes or reads. Optional are those that some of its own items lack: a disconnect of a client that
 * it does not know, and a topic whose last id was acked. Source: emqx_backend_dynamo 4.3.5.
 */
const RULES: Readonly<Record<TableName, readonly AttributeRule[]>> = {
  mqtt_client: [
    { name: 'clientid', type: 'S' },
    { name: 'connect_state', type: 'N', rule: oneOf('0', '1') },
    { name: 'node', type: 'S', optional: true },
    { name: 'online_at', type: 'N', optional: true },
    { name: 'offline_at', type: 'N' },
  ],
  mqtt_sub: [
    { name: 'clientid', type: 'S' },
    { name: 'topic', type: 'S', rule: filter },
    { name: 'qos', type: 'N', rule: oneOf('0', '1', '2') },
  ],
  mqtt_msg: MESSAGE,
  mqtt_topic_msg_map: [
    { name: 'topic', type: 'S', rule: topicName },
    { name: 'MsgId', type: 'SS', optional: true, rule: msgids },
  ],
  mqtt_retain: MESSAGE.map((each): AttributeRule => {
    if (each.name === 'retain') return { ...each, rule: oneOf('1') };
    return each.name === 'payload' ? { ...each, rule: notEmpty } : each;
  }),
  mqtt_acked: [
    { name: 'topic', type: 'S', rule: topicName },
    { name: 'clientid', type: 'S' },
    { name: 'msgid', type: 'S', rule: msgid },
  ],
};

/** The type of each attribute that the backend writes into a table. */
export function attributeType(table: TableName, name: string): 'S' | 'N' | 'SS' | undefined {
  return RULES[table].find((each) => each.name === name)?.type;
}

/**
 * In what an item is not as the backend writes or reads it, in the order of the table's attributes; none for a sound one.
 * Attributes of other names are nobody's business.
 */
export function itemFaults(table: TableName, item: Item): ItemFault[] {
  const faults = RULES[table].flatMap((each) => attributeFaults(table, item, each));
  const bytes = itemBytes(item);
  if (bytes > MAX_ITEM_BYTES) faults.push(sizeFault(item, bytes));
  return faults;
}

function attributeFaults(table: TableName, item: Item, { name, type, optional, rule }: AttributeRule): ItemFault[] {
  const value = attributeOf(item, name);
  if (value === undefined) return optional ? [] : [{ attribute: name, kind: 'missing', fault: 'is missing' }];
  if (!(type in value)) {
    const fault = `is ${TYPE_NAMES[Object.keys(value)[0]!] ?? 'of an unknown type'}; the backend writes ${TYPE_NAMES[type]!}`;
    return [{ attribute: name, kind: 'type', fault }];
  }
  const part = KEYS[table].indexOf(name);
  const fault = (part < 0 ? undefined : keyFault(value, part)) ?? rule?.(value);
  return fault === undefined ? [] : [{ attribute: name, ...fault }];
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  S: 'a string',
  N: 'a number',
  B: 'binary',
  SS: 'a string set',
  NS: 'a number set',
  BS: 'a binary set',
  L: 'a list',
  M: 'a map',
  BOOL: 'a boolean',
  NULL: 'null',
};

function keyFault(value: AttributeValue, part: number): ReturnType<Rule> {
  const text = textIn(value);
  if (text === '') return { kind: 'key', fault: 'is empty; a key must not be' };
  const limit = part === 0 ? MAX_PARTITION_KEY_BYTES : MAX_SORT_KEY_BYTES;
  const bytes = utf8ByteLength(text);
  if (bytes <= limit) return undefined;
  return {
    kind: 'key',
    fault: `is ${countText(bytes)} bytes long; a ${part === 0 ? 'partition' : 'sort'} key has at most ${countText(limit)}`,
  };
}

function sizeFault(item: Item, bytes: number): ItemFault {
  const sizes = Object.keys(item).map((name) => [name, itemBytes({ [name]: item[name]! })] as const);
  const [largest] = sizes.sort(([, a], [, b]) => b - a)[0]!;
  const fault = `makes the item ${countText(bytes)} bytes large; DynamoDB takes at most ${countText(MAX_ITEM_BYTES)}`;
  return { attribute: largest, kind: 'size', fault };
}

function oneOf(...numbers: readonly string[]): Rule {
  const allowed = numbers.map(Number);
  const wanted = numbers.length === 1 ? numbers[0]! : `${numbers.slice(0, -1).join(', ')} or ${numbers.at(-1)!}`;
  return (value) => {
    const digits = 'N' in value ? value.N : '';
    return allowed.includes(Number(digits)) ? undefined : { kind: 'value', fault: `is ${digits}; it must be ${wanted}` };
  };
}

function notEmpty(value: AttributeValue): ReturnType<Rule> {
  return textIn(value) === '' ? { kind: 'value', fault: 'is empty; an empty one deletes a retained message' } : undefined;
}

function msgid(value: AttributeValue): ReturnType<Rule> {
  return isMsgid(textIn(value)) ? undefined : { kind: 'msgid', fault: `is no message id: "${glimpse(textIn(value))}"` };
}

function msgids(value: AttributeValue): ReturnType<Rule> {
  const wrong = ('SS' in value ? value.SS : []).filter((id) => !isMsgid(id));
  if (wrong.length === 0) return undefined;
  const others = wrong.length === 1 ? '' : ` and ${countText(wrong.length - 1)} more`;
  return { kind: 'msgid', fault: `holds what is no message id: "${glimpse(wrong[0]!)}"${others}` };
}

function topicName(value: AttributeValue): ReturnType<Rule> {
  const fault = topicNameFault(textIn(value));
  return fault && { kind: 'topic', fault: `is no topic name: ${fault.message}` };
}

function filter(value: AttributeValue): ReturnType<Rule> {
  const fault = subscriptionFault(textIn(value));
  return fault && { kind: 'filter', fault: `is no topic filter: ${fault.message}` };
}

function isMsgid(text: string): boolean {
  return decodeMsgid(text) !== undefined;
}

function textIn(value: AttributeValue): string {
  return 'S' in value ? value.S : '';
}

/** A msgid has 47 characters. */
function glimpse(text: string): string {
  return text.length > 50 ? `${text.slice(0, 50)}…` : text;
}
