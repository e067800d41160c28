/** The day since which these list prices have been in force: on-demand throughput became cheaper by half. */
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
const IRELAND: Prices = {
  writeMillion: 0.705,
  readMillion: 0.1415,
  writeHour: 0.000_735,
  readHour: 0.000_147,
  storageGb: 0.283,
};
const FRANKFURT: Prices = {
  writeMillion: 0.7625,
  readMillion: 0.1525,
  writeHour: 0.000_793,
  readHour: 0.000_158_6,
  storageGb: 0.306,
};

/**
 * Public list prices of the table class Standard, without taxes: those of https://aws.amazon.com/dynamodb/pricing/on-demand/ and
 * https://aws.amazon.com/dynamodb/pricing/provisioned/, still the same in AWS's price list (AmazonDynamoDB) of 2026-08-15.
 */
export const PRICES: Readonly<Record<string, Prices>> = {
  'us-east-1': US,
  'us-east-2': US,
  'us-west-2': US,
  'eu-west-1': IRELAND,
  'eu-central-1': FRANKFURT,
};

/** Storage that is free in every region, in GB. */
export const FREE_GB = 25;

/** Hours of an average month, as AWS's own calculator has them. */
export const MONTH_HOURS = 730;
