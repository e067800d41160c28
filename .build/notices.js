import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LICENCES = fileURLToPath(new URL('licences', import.meta.url));

/** The licences of all bundled packages: each asks that its text stays with its code. A text that several share stands once. */
export function noticesText(root, packages) {
  const titles = new Map();
  for (const one of packages) {
    const text = licenceText(root, one);
    titles.set(text, [...(titles.get(text) ?? []), `${one.name} ${one.version} (${one.licence})`]);
  }
  const parts = [...titles].map(([text, names]) => `${names.join('\n')}\n\n${text}`);
  return `mqdyn contains the packages below.\n\n${parts.join(`\n\n${'='.repeat(80)}\n\n`)}\n`;
}

function licenceText(root, { name, version, licence, author, folder }) {
  const read = (pattern) =>
    readdirSync(join(root, folder))
      .filter((entry) => pattern.test(entry))
      .map((entry) => readFileSync(join(root, folder, entry), 'utf8').trim());
  const own = read(/^(licen[cs]e|copying)/i);
  const texts = own.length > 0 ? own : [neutralText(`${name} ${version}`, licence, author ?? `the authors of ${name}`)];
  return [...texts, ...read(/^notice/i)].join('\n\n');
}

/** The text of a licence that its package names and leaves out; never another package's, which names other people. */
function neutralText(title, licence, author) {
  const file = join(LICENCES, `${licence}.txt`);
  if (!existsSync(file)) throw new Error(`${title} comes without the text of its licence, and .build/licences has no ${licence}`);
  const text = readFileSync(file, 'utf8').trim();
  // Apache's text is the same for all; the others begin with a copyright line
  return licence === 'Apache-2.0' ? text : `Copyright (c) ${author}\n\n${text}`;
}
