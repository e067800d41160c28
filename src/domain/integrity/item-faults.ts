import { countText } from '../count-text.ts';
import { attributeOf, itemBytes, MAX_ITEM_BYTES, type AttributeValue, type Item } from '../item.ts';
import { utf8ByteLength } from '../mqtt/bytes.ts';
import { decodeMsgid } from '../mqtt/msgid.ts';
import { subscriptionFault, topicNameFault } from '../mqtt/topic.ts';
import { requiredAttributes, typeOf, TYPE_WORDS, writtenType } from '../records/attribute-types.ts';
import { ATTRIBUTES, KEYS, MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES, type TableName } from '../records/tables.ts';

/** What kind of rule an attribute breaks. */
export type FaultKind = 'missing' | 'type' | 'key' | 'value' | 'msgid' | 'topic' | 'filter' | 'size';

/** What is wrong with one attribute of an item: `mqtt_msg: <attribute> <fault>` is a sentence. */
export type ItemFault = { attribute: string; kind: FaultKind; fault: string };

/** What is wrong with a value of the right type; undefined when it is as the backend writes it. */
type Rule = (value: AttributeValue) => Omit<ItemFault, 'attribute'> | undefined;

type Rules = Readonly<Record<string, Rule>>;

const MESSAGE: Rules = { msgid, topic: topicName, qos: oneOf('0', '1', '2'), retain: oneOf('0', '1') };

/** What the attributes of the backend hold beyond their types. Source: emqx_backend_dynamo 4.3.5. */
const RULES: Readonly<Record<TableName, Rules>> = {
  mqtt_client: { connect_state: oneOf('0', '1') },
  mqtt_sub: { topic: filter, qos: oneOf('0', '1', '2') },
  mqtt_msg: MESSAGE,
  mqtt_topic_msg_map: { topic: topicName, MsgId: msgids },
  mqtt_retain: { ...MESSAGE, retain: oneOf('1'), payload: notEmpty },
  mqtt_acked: { topic: topicName, msgid },
};

/**
 * In what an item is not as the backend writes or reads it, in the order of the table's attributes; none for a sound one.
 * Attributes of other names are nobody's business.
 */
export function itemFaults(table: TableName, item: Item): ItemFault[] {
  const required = requiredAttributes(table, item);
  const faults = ATTRIBUTES[table].flatMap((attribute): ItemFault[] => {
    const value = attributeOf(item, attribute);
    if (value === undefined) return required.includes(attribute) ? [{ attribute, kind: 'missing', fault: 'is missing' }] : [];
    const fault = typeFault(table, attribute, value) ?? keyFault(table, attribute, value) ?? RULES[table][attribute]?.(value);
    return fault === undefined ? [] : [{ attribute, ...fault }];
  });
  const bytes = itemBytes(item);
  if (bytes > MAX_ITEM_BYTES) faults.push(sizeFault(item, bytes));
  return faults;
}

function typeFault(table: TableName, attribute: string, value: AttributeValue): ReturnType<Rule> {
  const want = writtenType(table, attribute);
  if (want === undefined || want in value) return undefined;
  return { kind: 'type', fault: `is ${TYPE_WORDS[typeOf(value)]}; the backend writes ${TYPE_WORDS[want]}` };
}

function keyFault(table: TableName, attribute: string, value: AttributeValue): ReturnType<Rule> {
  const part = KEYS[table].indexOf(attribute);
  if (part < 0) return undefined;
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
  let largest = { attribute: '', bytes: 0 };
  for (const [attribute, value] of Object.entries(item)) {
    const own = itemBytes({ [attribute]: value });
    if (own > largest.bytes) largest = { attribute, bytes: own };
  }
  const fault = `makes the item ${countText(bytes)} bytes large; DynamoDB takes at most ${countText(MAX_ITEM_BYTES)}`;
  return { attribute: largest.attribute, kind: 'size', fault };
}

function oneOf(...numbers: readonly string[]): Rule {
  const allowed = numbers.map(Number);
  const wanted = numbers.join(', ').replace(/, (\d+)$/, ' or $1');
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
  const [first, ...others] = ('SS' in value ? value.SS : []).filter((id) => !isMsgid(id));
  if (first === undefined) return undefined;
  const more = others.length === 0 ? '' : ` and ${countText(others.length)} more`;
  return { kind: 'msgid', fault: `holds what is no message id: "${glimpse(first)}"${more}` };
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
