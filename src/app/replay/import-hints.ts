/** How the files of a rendered import get into new tables. */
export function importHints(folder: string, items: Readonly<Record<string, number>>): string[] {
  const tables = Object.keys(items).sort();
  const counted = tables.map((table) => `${table} ${items[table]}`).join(', ');
  return [
    `rendered into ${folder}: ${counted === '' ? 'no items' : counted}`,
    'For new tables only. To load them:',
    `  aws s3 cp --recursive ${folder} s3://BUCKET/PREFIX`,
    ...tables.map(
      (table) =>
        `  aws dynamodb import-table --s3-bucket-source S3Bucket=BUCKET,S3KeyPrefix=PREFIX/${table}/data/` +
        ` --input-format DYNAMODB_JSON --input-compression-type GZIP` +
        ` --table-creation-parameters file://schemas/${table}.json`,
    ),
  ];
}
