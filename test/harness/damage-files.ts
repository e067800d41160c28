import { appendFileSync, copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { filesBelow } from './export-run.ts';

/** One way in which a folder of files gets damaged; `file` and `at` choose where, whatever files there are. */
export type Damage = { how: (typeof WAYS)[number]; file: number; other: number; at: number; byte: number };

const WAYS = ['flip', 'cut', 'grow', 'empty', 'remove', 'swap', 'replace', 'rename', 'add', 'repeat'] as const;

export const anyDamage: fc.Arbitrary<Damage> = fc.record({
  how: fc.constantFrom(...WAYS),
  file: fc.nat(),
  other: fc.nat(),
  at: fc.nat(),
  byte: fc.integer({ min: 1, max: 255 }),
});

/** Damages the files below a folder. Says what was done; undefined where it would change nothing, as a swap of equal files. */
export function damageFiles(folder: string, { how, file, other, at, byte }: Damage): string | undefined {
  const files = filesBelow(folder);
  const [name, second] = [files[file % files.length]!, files[other % files.length]!];
  const path = join(folder, name);
  const bytes = readFileSync(path);
  switch (how) {
    case 'flip':
      if (bytes.length === 0) return undefined;
      bytes[at % bytes.length]! ^= byte;
      writeFileSync(path, bytes);
      break;
    case 'cut':
      if (bytes.length === 0) return undefined;
      writeFileSync(path, bytes.subarray(0, at % bytes.length));
      break;
    case 'grow':
      appendFileSync(path, Buffer.from([byte]));
      break;
    case 'empty':
      if (bytes.length === 0) return undefined;
      writeFileSync(path, '');
      break;
    case 'remove':
      rmSync(path);
      break;
    case 'swap': {
      const others = readFileSync(join(folder, second));
      if (others.equals(bytes)) return undefined;
      writeFileSync(path, others);
      writeFileSync(join(folder, second), bytes);
      break;
    }
    case 'replace':
      if (readFileSync(join(folder, second)).equals(bytes)) return undefined;
      copyFileSync(join(folder, second), path);
      break;
    case 'rename':
      renameSync(path, `${path}.old`);
      break;
    case 'add':
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(join(dirname(path), `added-${byte}`), 'x');
      break;
    case 'repeat':
      copyFileSync(path, join(dirname(path), `copy-of-${name.slice(name.lastIndexOf('/') + 1)}`));
  }
  return `${how} ${name}`;
}
