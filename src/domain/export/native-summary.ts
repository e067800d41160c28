import { isObject } from '../json/object.ts';

/** What a manifest-summary.json says of one export of DynamoDB. `itemCount` is the number of lines in its data files. */
export type NativeSummary = {
  /** The live name of the table that was exported. */
  table: string;
  exportArn: string;
  incremental: boolean;
  /** `DYNAMODB_JSON` or `ION`. */
  format: string;
  itemCount: number;
  /** The instant of the data; of an incremental export the end of its window. As the manifest writes it. */
  at: string | undefined;
};

/**
 * Reads a manifest-summary.json; a text in the place of the summary says what is wrong with it. Members that are not known are
 * passed over, an export without a type is a full one.
 * Source: DynamoDB developer guide, "DynamoDB table export output format".
 */
export function parseNativeSummary(text: string): NativeSummary | string {
  const value = parsed(text);
  if (!isObject(value)) return 'is not a JSON object';
  const { tableArn, exportArn, itemCount, outputFormat, exportType, exportTime, exportToTime } = value;
  if (typeof tableArn !== 'string' || !/^arn:.*:dynamodb:.*\/[^/]+$/.test(tableArn)) return 'names no table (tableArn)';
  if (typeof exportArn !== 'string') return 'names no export (exportArn)';
  if (typeof itemCount !== 'number' || !Number.isSafeInteger(itemCount) || itemCount < 0)
    return 'has no count of items (itemCount)';
  if (typeof outputFormat !== 'string') return 'names no format (outputFormat)';
  const incremental = exportType === 'INCREMENTAL_EXPORT';
  const at = incremental ? exportToTime : exportTime;
  return {
    table: tableArn.slice(tableArn.lastIndexOf('/') + 1),
    exportArn,
    incremental,
    format: outputFormat,
    itemCount,
    at: typeof at === 'string' ? at : undefined,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
