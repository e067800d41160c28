import { parseNativeSummary, type NativeSummary } from '../../../domain/export/native-summary.ts';
import { MqdynError } from '../../../domain/errors.ts';
import { below, s3Url } from '../../../domain/s3-place.ts';
import type { TableDefinition } from '../../../domain/schema/definition.ts';
import type { Bucket } from '../../../dynamo/s3.ts';

/** An export in S3; `folder` is the prefix above its `data/`, without a slash at the end. */
export type FoundExport = NativeSummary & { folder: string };

/** An export and the definition of the table that it is of. */
export type ChosenExport = { definition: TableDefinition; found: FoundExport };

const SUMMARY = 'manifest-summary.json';

/** The data files of all incremental exports lie in one folder, of which nothing has to be known. */
const SHARED_DATA = /(?:^|\/)AWSDynamoDB\/data\/$/;

/** The exports below a prefix that are complete: a manifest-summary.json is the last thing that DynamoDB writes. */
export async function findExports(bucket: Bucket, prefix: string): Promise<FoundExport[]> {
  const found: FoundExport[] = [];
  const folders = [prefix === '' ? '' : `${prefix}/`];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const { keys, folders: deeper } = await bucket.level(folder);
    const summary = `${folder}${SUMMARY}`;
    if (keys.includes(summary)) found.push({ ...(await readSummary(bucket, summary)), folder: folder.replace(/\/$/, '') });
    // nothing of what lies in an export is another one
    else if (!keys.includes(`${folder}_started`)) folders.push(...deeper.filter((each) => !SHARED_DATA.test(each)));
  }
  return found;
}

async function readSummary(bucket: Bucket, key: string): Promise<NativeSummary> {
  const text = await bucket.text(key);
  const summary = text === undefined ? 'is gone' : parseNativeSummary(text);
  if (typeof summary !== 'string') return summary;
  throw new MqdynError('E_INPUT', `${s3Url(bucket.name, key)} ${summary}`);
}

export type Wanted = {
  /** The definitions of the tables that are wanted. */
  definitions: readonly TableDefinition[];
  /** True where they were named: then an export of each must be there. */
  named: boolean;
  liveName: (table: string) => string;
  /** Where the exports were looked for, for messages. */
  where: string;
  notice: (sentence: string) => void;
};

/**
 * One full export for each table. A table goes by its live name here or by that of the schema file, with whatever prefix it had
 * where it was exported.
 */
export function chooseExports(found: readonly FoundExport[], wanted: Wanted): ChosenExport[] {
  const { definitions, named, where, notice } = wanted;
  if (found.length === 0) {
    throw new MqdynError('E_INPUT', `there is no complete export below ${where}`, {
      hint: `An export is complete once it has a ${SUMMARY}.`,
    });
  }
  const owned = found.map((one) => ({ one, owner: ownerOf(one.table, wanted) }));
  const strangers = owned.filter(({ owner }) => owner === undefined).map(({ one }) => one.table);
  if (strangers.length > 0 && !named) notice(`note: left out, as no schema file defines them: ${strangers.join(', ')}`);
  return definitions.flatMap((definition) => {
    const own = owned.filter(({ owner }) => owner === definition).map(({ one }) => one);
    const full = own.filter(({ incremental }) => !incremental);
    const [only] = full;
    if (only === undefined) {
      if (own.length > 0 || named) throw noneOf(definition.TableName, own.length, where);
      return [];
    }
    if (full.length > 1) throw severalOf(definition.TableName, full);
    if (only.format !== 'DYNAMODB_JSON') {
      throw new MqdynError('E_INPUT', `the export ${only.folder} is ${only.format}, and only DYNAMODB_JSON is taken`);
    }
    if (own.length > 1) notice(`note: left out, as changes cannot be put: incremental exports of ${definition.TableName}`);
    return [{ definition, found: only }];
  });
}

function ownerOf(table: string, { definitions, liveName }: Wanted): TableDefinition | undefined {
  return (
    definitions.find(({ TableName: name }) => liveName(name) === table) ??
    definitions.find(({ TableName: name }) => table.endsWith(name))
  );
}

function noneOf(table: string, incremental: number, where: string): MqdynError {
  if (incremental === 0) return new MqdynError('E_INPUT', `there is no complete export of ${table} below ${where}`);
  return new MqdynError('E_INPUT', `below ${where} there are only incremental exports of ${table}`, {
    hint: 'DynamoDB puts whole items only. Begin with a full export.',
  });
}

function severalOf(table: string, all: readonly FoundExport[]): MqdynError {
  return new MqdynError('E_INPUT', `there are ${all.length} exports of ${table}`, {
    hint: 'Name the one that is meant, or a prefix with one export of each table.',
    detail: all.map(({ folder, at }) => (at === undefined ? folder : `${folder} as of ${at}`)),
  });
}

/** The prefix of the data files of an export: DynamoDB takes every object below it for one with items. */
export function dataPrefix({ folder }: FoundExport): string {
  return `${below(folder, 'data')}/`;
}
