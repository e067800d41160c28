/** Source of all names: facts measured on exports that DynamoDB itself wrote, and the developer guide, "Output format". */

/** The folder below a bucket's prefix in which all exports stand. */
export const EXPORT_ROOT = 'AWSDynamoDB';

export const SUMMARY = 'manifest-summary';
export const FILE_LIST = 'manifest-files';

const EXPORT_ID = /^\d{14}-[0-9a-f]{8}$/;

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** Characters of a data file's name before `.json.gz`. */
const NAME_LENGTH = 26;

/** The id of an export: its start in Unix milliseconds as 14 digits, and a random number of 32 bits. */
export function exportIdOf(startedAt: number, random: number): string {
  return `${String(startedAt).padStart(14, '0')}-${(random >>> 0).toString(16).padStart(8, '0')}`;
}

export function isExportId(text: string): boolean {
  return EXPORT_ID.test(text);
}

/** Letters before the digest in the name of a data file. */
const PLACE_LETTERS = 6;

/**
 * The name of a data file in the alphabet and the length of DynamoDB's own names, from its place among those of its segment, which are
 * in order by their names, and a digest of at least 13 bytes.
 */
export function dataFileName(place: number, digest: Uint8Array): string {
  let name = '';
  for (let rest = place; name.length < PLACE_LETTERS; rest = Math.floor(rest / 26)) name = BASE32.charAt(rest % 26) + name;
  let [bits, held] = [0, 0];
  for (const byte of digest) {
    bits = ((bits << 8) | byte) & 0xffff;
    held += 8;
    while (held >= 5 && name.length < NAME_LENGTH) {
      held -= 5;
      name += BASE32.charAt((bits >>> held) & 31);
    }
  }
  return `${name}.json.gz`;
}
