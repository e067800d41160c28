/** Exit code and default next step of every error; the codes are part of the command line contract. */
const CATALOGUE = {
  E_USAGE: { exit: 2, hint: 'See --help.' },
  E_SCHEMA: { exit: 4, hint: 'Nothing was created.' },
  E_CONFIG: { exit: 4, hint: 'Correct the configuration file.' },
  E_INPUT: { exit: 4, hint: 'Nothing was written.' },
  E_NOT_A_LOG: {
    exit: 4,
    hint: 'Nothing was written. Check the file, or name its format with --input-format.',
  },
  E_BUCKET: { exit: 4, hint: 'Correct the name, or create the bucket.' },
  E_RECOVERY: {
    exit: 4,
    hint: 'Put "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true} into the schema files, then run: mqdyn tables apply',
  },
  E_JOB: { exit: 4, hint: 'Correct what the job names, then run the same command again.' },
  E_NO_TABLE: { exit: 4, hint: 'Run: mqdyn tables create' },
  E_INPUT_DAMAGED: { exit: 3, hint: 'Get an intact copy; --verify-input finds damage before anything is written.' },
  E_TAIL: { exit: 3, hint: 'Run again with --resume once the line is complete.' },
  E_INPUT_CHANGED: { exit: 11, hint: 'Start over without --resume.' },
  E_DUMP: { exit: 4, hint: 'Nothing was written. Get an intact copy; mqdyn export --verify DIR names everything that is wrong.' },
  E_FORMAT: { exit: 4, hint: 'Nothing was written. Ask for DYNAMODB_JSON.' },
  E_DATA: { exit: 4, hint: 'Replace it with an intact copy, or remove it to start without tables.' },
  E_SPOOL: { exit: 4, hint: 'Events in it may be lost. Keep a copy, then choose another folder with --spool.' },
  E_CHECKPOINT: { exit: 4, hint: 'Delete it to start over.' },
  E_MISMATCH: { exit: 11, hint: 'Use what the checkpoint was made for, or start over without --resume.' },
  E_TOO_MANY_REJECTS: { exit: 3, hint: 'Raise --max-rejects.' },
  E_TLS: { exit: 4, hint: 'Use http:// for a plain endpoint, or NODE_EXTRA_CA_CERTS for a private certificate authority.' },
  E_PROTOCOL: { exit: 4, hint: 'Is there a proxy or a captive portal in between?' },
  E_ENDPOINT: { exit: 5, hint: 'Is DynamoDB running? Set --endpoint-url.' },
  E_BROKER: { exit: 5, hint: 'Is the broker running? See --to.' },
  E_BROKER_VERSION: { exit: 4, hint: 'Choose the version of MQTT that the broker speaks: --protocol 4 is MQTT 3.1.1.' },
  E_TIMEOUT: { exit: 5, hint: 'Try again later.' },
  E_THROTTLED: { exit: 5, hint: 'Raise the capacity of the table, or try again later.' },
  E_WAIT: { exit: 5, hint: 'Run the same command again to continue.' },
  E_SERVICE: { exit: 5, hint: 'Try again later.' },
  E_CREDENTIALS: { exit: 6, hint: 'Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.' },
  E_DENIED: { exit: 6, hint: 'Ask for the permission, then run the same command again.' },
  E_BROKER_DENIED: { exit: 6, hint: 'Set MQDYN_MQTT_USERNAME and MQDYN_MQTT_PASSWORD, or name a certificate with --tls-cert.' },
  E_CLOCK: { exit: 6, hint: 'Set the clock of this machine.' },
  E_OUTPUT: { exit: 8, hint: 'Free space or choose another place, then run the same command again.' },
  E_LISTEN: { exit: 8, hint: 'Choose another address, or stop what listens there.' },
  E_LISTEN_UNSAFE: { exit: 11, hint: 'Name a file that holds a token: --token-file FILE' },
  E_TOKEN: { exit: 11, hint: 'For example: (umask 077; openssl rand -hex 32 > token)' },
  E_ENDPOINT_UNSAFE: { exit: 11, hint: 'Use https, or --allow-insecure-endpoint.' },
  E_UNFINISHED: { exit: 11, hint: 'Continue with --resume, or start over with --restart.' },
  E_LOCKED: { exit: 11, hint: 'Wait until it has finished.' },
  E_NOT_EMPTY: { exit: 11, hint: 'Nothing was written. --merge adds to them, and replaces items that have the same keys.' },
  E_SORTED: { exit: 11, hint: 'Nothing was changed. Export once more without --sorted, or use --native with new tables.' },
  E_EXISTS: { exit: 11, hint: 'Nothing was changed. Name new tables with --table-prefix.' },
  E_SCHEMA_CONFLICT: { exit: 11, hint: 'A key schema cannot be changed. Create a new table beside it with --table-prefix.' },
  E_TABLE_STATE: { exit: 11, hint: 'Wait until the table is ACTIVE.' },
  E_PROTECTED: { exit: 11, hint: 'Nothing was dropped.' },
  E_PLAN: { exit: 11, hint: 'Make a new plan: mqdyn tables apply --plan-out FILE' },
  E_READ_ONLY: { exit: 11, hint: 'Nothing was changed.' },
  E_SECRET: {
    exit: 11,
    hint: 'Nothing was stored. Keep it in an AWS profile, and name that one here: mqdyn config profile NAME',
  },
  E_CONFIRM: { exit: 11, hint: 'Nothing was changed.' },
  E_UNSUPPORTED: { exit: 11, hint: 'Nothing was changed.' },
  E_BUG: { exit: 70, hint: 'Please report it.' },
} as const satisfies Record<string, { exit: number; hint: string }>;

export type ErrorCode = keyof typeof CATALOGUE;

type ErrorOptions = {
  /** What to do next; the catalogue's sentence when left out. */
  hint?: string | undefined;
  /** Further lines: every fault of a file, or a source line with a caret. */
  detail?: readonly string[];
  cause?: unknown;
  /** Overrides the catalogue where the same fault is fatal earlier or later in a run. */
  exit?: number | undefined;
};

/** The one error of the program: a stable code, a sentence, a next step and an exit code. Anything else thrown is a bug. */
export class MqdynError extends Error {
  override readonly name = 'MqdynError';
  readonly code: ErrorCode;
  readonly exit: number;
  readonly hint: string;
  readonly detail: readonly string[];

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.exit = options.exit ?? CATALOGUE[code].exit;
    this.hint = options.hint ?? CATALOGUE[code].hint;
    this.detail = options.detail ?? [];
  }
}

/** A usage error with the place of the fault in the text under a caret. `position` counts UTF-16 units from 0. */
export function usageAt(what: string, text: string, position: number): MqdynError {
  return new MqdynError('E_USAGE', what, { detail: caretUnder(text, position) });
}

/** Of a line that is longer than this, so much is shown on each side of a fault. */
const LONG_LINE = 160;
const CONTEXT = 70;

/** A line of text and a second one with a caret under `position` (UTF-16 units from 0). */
export function caretUnder(text: string, position: number): string[] {
  const long = text.length > LONG_LINE;
  const start = long ? Math.max(0, position - CONTEXT) : 0;
  const shown = text.slice(start, long ? position + CONTEXT : undefined).replace(/[\t\r\n]/g, ' ');
  return [`  ${shown}`, `  ${' '.repeat(position - start)}^`];
}

/** The refusal of a write where only reading is allowed; `why` names what says so. */
export function readOnlyError(why: string): MqdynError {
  return new MqdynError('E_READ_ONLY', `${why}, and this command writes`);
}
