import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Plugin } from '@oclif/core';

/** Writes oclif.manifest.json from the commands that were just built; with it a start loads one command, not all. */
export async function writeManifest(root) {
  const file = join(root, 'oclif.manifest.json');
  rmSync(file, { force: true });
  const plugin = new Plugin({
    root,
    type: 'core',
    ignoreManifest: true,
    errorOnManifestCreate: true,
    respectNoCacheDefault: true,
  });
  await plugin.load();
  writeFileSync(file, JSON.stringify(plugin.manifest));
}
