import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes the licences of every package that is bundled: each asks that its text stays with its code. */
export function writeNotices(root, metafiles, file) {
  const folders = new Set();
  for (const { inputs } of metafiles.flatMap(({ outputs }) => Object.values(outputs))) {
    for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
      const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
      if (folder !== undefined && bytesInOutput > 0) folders.add(folder);
    }
  }
  const packages = [...folders].map((folder) => licenceOf(join(root, folder))).sort((a, b) => (a.title < b.title ? -1 : 1));
  // the Apache licence is the same text for all, so that a package may leave it out; others carry the author's name
  const apache = packages.find(({ licence, text }) => licence === 'Apache-2.0' && /END OF TERMS AND CONDITIONS/.test(text))?.text;
  const titles = new Map();
  for (const { title, licence, text } of packages) {
    const full = text || (licence === 'Apache-2.0' ? apache : undefined);
    if (!full) throw new Error(`${title} comes without the text of its licence`);
    titles.set(full, [...(titles.get(full) ?? []), title]);
  }
  const parts = [...titles].map(([text, names]) => `${[...new Set(names)].join('\n')}\n\n${text}`);
  writeFileSync(file, `mqdyn contains the packages below.\n\n${parts.join(`\n\n${'='.repeat(80)}\n\n`)}\n`);
}

function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder).filter((entry) => /^(licen[cs]e|notice|copying)/i.test(entry));
  const text = files.map((entry) => readFileSync(join(folder, entry), 'utf8').trim()).join('\n\n');
  return { title: `${name} ${version} (${license})`, licence: license, text };
}
