import { count, listOf, objectOf, text } from './shapes.ts';

const failure = { FailureCode: text, FailureMessage: text, ClientToken: text, StartTime: count, EndTime: count };
const window = objectOf({}, { ExportFromTime: count, ExportToTime: count, ExportViewType: text });
const exported = objectOf(
  { ExportArn: text, ExportStatus: text },
  {
    ...failure,
    S3Bucket: text,
    S3Prefix: text,
    ExportType: text,
    ExportTime: count,
    IncrementalExportSpecification: window,
    ItemCount: count,
    BilledSizeBytes: count,
    ExportManifest: text,
  },
);

const source = objectOf({}, { S3Bucket: text, S3KeyPrefix: text });
const imported = objectOf(
  { ImportArn: text, ImportStatus: text },
  {
    ...failure,
    TableArn: text,
    TableId: text,
    S3BucketSource: source,
    ErrorCount: count,
    ImportedItemCount: count,
    ProcessedItemCount: count,
    ProcessedSizeBytes: count,
  },
);

const bulk = objectOf(
  { BulkOperationArn: text, BulkOperationStatus: text },
  {
    ...failure,
    TableDetails: listOf(objectOf({}, { TableName: text, TableId: text })),
    InputS3Configuration: source,
    ProcessedItemCount: count,
    FailedItemCount: count,
    ProcessedInputBytes: count,
    TotalInputBytes: count,
  },
);

const exports = listOf(objectOf({}, { ExportArn: text, ExportStatus: text }));
const imports = listOf(
  objectOf({}, { ImportArn: text, ImportStatus: text, TableArn: text, S3BucketSource: source, StartTime: count }),
);
const bulks = listOf(objectOf({}, { BulkOperationArn: text, BulkOperationStatus: text }));

/** What the program relies on in the replies about DynamoDB's own jobs. */
export const JOB_SHAPES = {
  DescribeBulkOperation: objectOf({ BulkOperationDescription: bulk }),
  DescribeExport: objectOf({ ExportDescription: exported }),
  DescribeImport: objectOf({ ImportTableDescription: imported }),
  ExportTableToPointInTime: objectOf({ ExportDescription: exported }),
  ImportTable: objectOf({ ImportTableDescription: imported }),
  ListBulkOperations: objectOf({}, { BulkOperationsSummaryList: bulks, NextToken: text }),
  ListExports: objectOf({}, { ExportSummaries: exports, NextToken: text }),
  ListImports: objectOf({}, { ImportSummaryList: imports, NextToken: text }),
  StartBulkPutItems: objectOf({ BulkOperationDescription: bulk }),
};
