/** The day since which these list prices have been in force, as far as is known here. */
export const PRICES_AS_OF = '2024-11-01';

/** USD of one region: a million request units, a capacity unit for an hour, a GB of storage for a month. */
export type Prices = {
  writeMillion: number;
  readMillion: number;
  writeHour: number;
  readHour: number;
  storageGb: number;
};

const US: Prices = { writeMillion: 0.625, readMillion: 0.125, writeHour: 0.000_65, readHour: 0.000_13, storageGb: 0.25 };

/** Public list prices of the table class Standard, without taxes. Source: https://aws.amazon.com/dynamodb/pricing/ */
export const PRICES: Readonly<Record<string, Prices>> = { 'us-east-1': US, 'us-east-2': US, 'us-west-2': US };

/** Storage that is free in every region, in GB. */
export const FREE_GB = 25;

/** Hours of an average month, as AWS's own calculator has them. */
export const MONTH_HOURS = 730;
