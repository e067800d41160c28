import type { AttributeValue } from '../item.ts';

/** Collects the names and values of an expression, so that no reserved word and no quoting can get in the way. */
export class Placeholders {
  private readonly names = new Map<string, string>();
  private readonly values: AttributeValue[] = [];

  name(attribute: string): string {
    const known = this.names.get(attribute);
    if (known !== undefined) return known;
    const placeholder = `#n${this.names.size}`;
    this.names.set(attribute, placeholder);
    return placeholder;
  }

  value(value: AttributeValue): string {
    this.values.push(value);
    return `:v${this.values.length - 1}`;
  }

  /** The members for a request; left out where empty, as DynamoDB demands. */
  members(): { ExpressionAttributeNames?: Record<string, string>; ExpressionAttributeValues?: Record<string, AttributeValue> } {
    const names = Object.fromEntries([...this.names].map(([attribute, placeholder]) => [placeholder, attribute]));
    const values = Object.fromEntries(this.values.map((value, index) => [`:v${index}`, value]));
    return {
      ...(this.names.size === 0 ? {} : { ExpressionAttributeNames: names }),
      ...(this.values.length === 0 ? {} : { ExpressionAttributeValues: values }),
    };
  }
}
