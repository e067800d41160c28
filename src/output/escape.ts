/** C0, DEL, C1, zero-width and bidi controls, line separators, byte-order marks, tags and lone surrogates. */
const UNSAFE =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

/** What most text is, told in a fraction of the time. */
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** What JSON.stringify leaves raw although a terminal acts on it. */
const RAW_IN_JSON =
  /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/**
 * Makes text from tables, logs and the service safe to show: whatever could move a cursor, hide or reorder text becomes a
 * visible escape such as `\x1b` or `\u202e`. Backslashes of ordinary text stay as they are.
 */
export function escapeControls(text: string): string {
  if (PRINTABLE_ASCII.test(text)) return text;
  return text.replace(UNSAFE, (char) => {
    if (char === '\n') return '\\n';
    if (char === '\r') return '\\r';
    if (char === '\t') return '\\t';
    const code = char.codePointAt(0)!;
    if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
    return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** The same for a JSON document that goes to a terminal; it stays JSON of the same meaning. */
export function escapeJsonForTerminal(json: string): string {
  return json.replace(RAW_IN_JSON, (char) => {
    let escaped = '';
    for (let unit = 0; unit < char.length; unit += 1) {
      escaped += `\\u${char.charCodeAt(unit).toString(16).padStart(4, '0')}`;
    }
    return escaped;
  });
}

/** A message for people: escaped, and never longer than 500 characters. */
export function safeSentence(text: string): string {
  const safe = escapeControls(text);
  return safe.length > 500 ? `${safe.slice(0, 499)}…` : safe;
}
