import { sizeText } from '../domain/byte-size.ts';
import { countText } from '../domain/count-text.ts';
import type { CostEstimate } from '../domain/monthly-cost.ts';
import type { OutputOptions, Section } from './document.ts';
import { wrapped } from './report.ts';

const LABEL_WIDTH = 13;

/** What the tables cost a month, either way of billing, and what that is worth. */
export function costSections(cost: CostEstimate, { width }: OutputOptions): Section[] {
  const { capacity, messagesPerDay } = cost;
  const units = `${capacity.write} WCU and ${capacity.read} RCU`;
  const line = (label: string, text: string) => wrapped(`${label.padEnd(LABEL_WIDTH)}${text}`, width, LABEL_WIDTH);
  const source = cost.fromQueue
    ? 'those that still wait; with acks there are more: --messages-per-day N'
    : 'as --messages-per-day says';
  return [
    {
      heading: `monthly cost in ${cost.region}: an estimate by list prices of ${cost.asOf}`,
      lines: [
        ...line(
          'on-demand',
          `${usd(cost.onDemand + cost.storage)}: ${countText(cost.writeUnits)} write units, storage ${usd(cost.storage)}`,
        ),
        ...line(
          'provisioned',
          `${usd(cost.provisioned + cost.storage)}: ${units} ${cost.isProvisioned ? 'as configured' : 'at an even rate'}, storage ${usd(cost.storage)}`,
        ),
        ...line('storage', `${sizeText(cost.bytes)}, the first 25 GB are free`),
        ...line(
          'messages',
          `${countText(messagesPerDay)} published a day (${source}); reads, acks and retained messages are not counted`,
        ),
      ],
    },
  ];
}

function usd(value: number): string {
  return `$${value.toFixed(2)}`;
}
