import { parsedObject } from '../json/object.ts';

/** What the new image of a change is accompanied by in an incremental export. */
export const EXPORT_VIEWS = ['NEW_AND_OLD_IMAGES', 'NEW_IMAGE'] as const;
export type ExportView = (typeof EXPORT_VIEWS)[number];

/** The items at one time, or the changes of a window, its start inclusive and its end exclusive. Unix milliseconds. */
export type ExportContent =
  { kind: 'full'; at: number | undefined } | { kind: 'incremental'; from: number; to: number; view: ExportView };

/** A member of our own in `manifest-summary.json`; readers pass over what they do not know. */
export const PART = 'mqdynExport';

/** What `manifest-summary.json` says. `itemCount` counts lines of all data files. */
export type ExportSummary = {
  tableArn: string;
  /** The table's name, which is the end of its ARN. */
  tableName: string;
  content: ExportContent;
  filesKey: string;
  itemCount: number;
  /** Written by mqdyn, with a manifest over all tables of the export beside it. */
  isPart: boolean;
};

/** A manifest that cannot be used, and why; an export in another format is whole, but of no use here. */
export type ManifestFault = { fault: string; format?: true };

/** Reads `manifest-summary.json`. Members that are not known are passed over, as exports of later versions have more. */
export function parseSummary(text: string): { summary: ExportSummary } | ManifestFault {
  const members = parsedObject(text);
  if (members === undefined) return { fault: 'is no JSON object' };
  const { tableArn, manifestFilesS3Key: filesKey, itemCount, outputFormat } = members;
  if (outputFormat !== 'DYNAMODB_JSON') {
    return { fault: `is of an export in the format ${JSON.stringify(outputFormat ?? null)}`, format: true };
  }
  const tableName = typeof tableArn === 'string' ? tableNameOf(tableArn) : undefined;
  if (typeof tableArn !== 'string' || tableName === undefined) return { fault: 'has no tableArn of a DynamoDB table' };
  if (typeof filesKey !== 'string') return { fault: 'has no manifestFilesS3Key' };
  if (!isCount(itemCount)) return { fault: 'has no itemCount' };
  const content = contentOf(members);
  if ('fault' in content) return content;
  return { summary: { tableArn, tableName, content, filesKey, itemCount, isPart: PART in members } };
}

function contentOf(members: Record<string, unknown>): ExportContent | ManifestFault {
  const { exportType = 'FULL_EXPORT', exportTime, exportFromTime, exportToTime, outputView } = members;
  if (exportType === 'FULL_EXPORT') return { kind: 'full', at: millisOf(exportTime) };
  if (exportType !== 'INCREMENTAL_EXPORT') return { fault: `is of an unknown exportType ${JSON.stringify(exportType)}` };
  const view = EXPORT_VIEWS.find((each) => each === outputView);
  if (view === undefined) return { fault: `has an unknown outputView ${JSON.stringify(outputView ?? null)}` };
  const [from, to] = [millisOf(exportFromTime), millisOf(exportToTime)];
  if (from === undefined || to === undefined) return { fault: 'has no exportFromTime and exportToTime' };
  return { kind: 'incremental', from, to, view };
}

/** Where the table's name stands in `arn:aws:dynamodb:REGION:ACCOUNT:table/NAME`. */
function tableNameOf(arn: string): string | undefined {
  return /^arn:.*:dynamodb:.*\/([\w.-]{1,255})$/.exec(arn)?.[1];
}

export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function millisOf(value: unknown): number | undefined {
  const millis = typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isNaN(millis) ? undefined : millis;
}
