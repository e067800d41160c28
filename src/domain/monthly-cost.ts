import { FREE_GB, MONTH_HOURS, type Prices } from './prices.ts';

export type Capacity = { read: number; write: number };

export type CostFacts = {
  /** Bytes of all tables. */
  bytes: number;
  /** Provisioned capacity of all tables; undefined when every one is on-demand. */
  provisioned: Capacity | undefined;
  /** Messages published a day. */
  messagesPerDay: number;
  /** Write units of one published message: its item, and the item of the map that takes its id. */
  unitsPerMessage: number;
};

/** USD a month. */
export type MonthlyCost = {
  storage: number;
  writeUnits: number;
  onDemand: number;
  /** What was provisioned, or what the writes take when they come evenly. */
  capacity: Capacity;
  provisioned: number;
};

/** The cost of one region's tables, and what it was estimated from. */
export type CostEstimate = MonthlyCost & {
  region: string;
  /** Date of the prices. */
  asOf: string;
  bytes: number;
  messagesPerDay: number;
  /** False when the number of messages was given and not taken from what waits. */
  fromQueue: boolean;
  /** True when tables have provisioned capacity. */
  isProvisioned: boolean;
};

const GB = 1024 ** 3;
const DAYS = MONTH_HOURS / 24;
const DAY_SECONDS = 86_400;

/** What the tables cost in a month either way. Only writes of published messages are counted as requests. */
export function monthlyCost({ bytes, provisioned, messagesPerDay, unitsPerMessage }: CostFacts, prices: Prices): MonthlyCost {
  const unitsPerDay = messagesPerDay * unitsPerMessage;
  const writeUnits = Math.ceil(unitsPerDay * DAYS);
  const capacity = provisioned ?? { read: 1, write: Math.max(1, Math.ceil(unitsPerDay / DAY_SECONDS)) };
  return {
    storage: Math.max(0, bytes / GB - FREE_GB) * prices.storageGb,
    writeUnits,
    onDemand: (writeUnits / 1e6) * prices.writeMillion,
    capacity,
    provisioned: MONTH_HOURS * (capacity.write * prices.writeHour + capacity.read * prices.readHour),
  };
}
