import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The packages that esbuild put into its output, sorted by name and version: `{ name, version, licence, author, folder }`,
 * `folder` below `root`. A package of which nothing was left by tree shaking is not inside.
 */
export function bundledPackages(root, { outputs }) {
  const folders = new Set();
  for (const { inputs } of Object.values(outputs)) {
    for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
      const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
      if (folder !== undefined && bytesInOutput > 0) folders.add(folder);
    }
  }
  // the same version may lie in several folders
  const packages = new Map();
  for (const folder of [...folders].sort((a, b) => (a < b ? -1 : 1))) {
    const { name, version, license, author } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    if (typeof license !== 'string' || /^(SEE|UNLICENSED)/.test(license)) {
      throw new Error(`${name} ${version} names no licence in its package.json`);
    }
    const key = `${name} ${version}`;
    if (!packages.has(key)) packages.set(key, { name, version, licence: license, author: author?.name ?? author, folder });
  }
  return [...packages.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, found]) => found);
}
