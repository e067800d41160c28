/** C0, DEL, C1, line separators, lone surrogates, and what is not seen: zero-width, bidi, fillers, tags; emoji keep their selectors. */
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufff9-\ufffb]|(?![\ufe00-\ufe0f])\p{Default_Ignorable_Code_Point}|\p{Surrogate}/gu;

/** What most text is, told in a fraction of the time. */
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** What JSON.stringify leaves raw although a terminal acts on it. */
const RAW_IN_JSON = /[\u007f-\u009f\u2028\u2029\ufff9-\ufffb]|(?![\ufe00-\ufe0f])\p{Default_Ignorable_Code_Point}/gu;

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
    const code = char.codePointAt(0) ?? 0;
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
  return clipped(escapeControls(text));
}

/** Cuts a message after 500 characters, and never in the middle of one. */
export function clipped(text: string): string {
  return text.length > 500 ? `${text.slice(0, 499).replace(/\p{Surrogate}$/u, '')}…` : text;
}
