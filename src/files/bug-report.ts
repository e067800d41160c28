import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stampText } from '../domain/records/times.ts';

/** Keeps the stack of a bug in a file for its owner alone, and returns where; undefined when none can be written. */
export function writeBugReport(stack: string): string | undefined {
  const path = join(tmpdir(), `mqdyn-bug-${stampText(Date.now())}-${process.pid}.txt`);
  try {
    writeFileSync(path, `mqdyn, Node ${process.version}, ${process.platform} ${process.arch}\n${stack}\n`, {
      flag: 'wx',
      mode: 0o600,
    });
    return path;
  } catch {
    return undefined;
  }
}
