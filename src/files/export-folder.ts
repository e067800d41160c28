import { createHash } from 'node:crypto';
import { open, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { MqdynError } from '../domain/errors.ts';
import { fileListText, type ListedFile } from '../domain/export/file-list.ts';
import type { ExportManifest, ManifestFile } from '../domain/export/manifest.ts';
import { EXPORT_ROOT, FILE_LIST, SUMMARY } from '../domain/export/names.ts';
import { writeAtomically } from './atomic-write.ts';
import { readVerified, withChecksum } from './checksum.ts';
import { isErrno, readFault, writeFault } from './errors.ts';
import { makeFolder } from './make-folder.ts';

export const MANIFEST = 'manifest.json';
/** How far an export is that is not complete. */
const STATE = 'state.json';
const VERSION = 1;

const WHAT = 'export file';

/** An export has its own name only when it is complete. */
export function unfinished(folder: string): string {
  return `${folder}.partial`;
}

/** Makes the folder of one table and says where its data files belong. */
export async function beginTable(folder: string): Promise<string> {
  const data = join(folder, 'data');
  try {
    await makeFolder(data);
    await (await open(join(folder, '_started'), 'w', 0o600)).close();
  } catch (error) {
    throw writeFault(WHAT, data, error);
  }
  return data;
}

/** Writes the manifests of a table, whose data files are complete: they are what makes it one for DynamoDB's own readers. */
export async function writeManifests(
  folder: string,
  summary: Readonly<Record<string, unknown>>,
  files: readonly ListedFile[],
): Promise<ManifestFile[]> {
  const written: ManifestFile[] = [await factsOf(folder, '_started')];
  for (const [name, text] of [
    [FILE_LIST, fileListText(files)],
    [SUMMARY, JSON.stringify(summary)],
  ] as const) {
    await writeAtomically(join(folder, `${name}.json`), WHAT, text);
    await writeAtomically(join(folder, `${name}.md5`), WHAT, createHash('md5').update(text).digest('base64'));
    written.push(await factsOf(folder, `${name}.json`), await factsOf(folder, `${name}.md5`));
  }
  return written;
}

async function factsOf(folder: string, name: string): Promise<ManifestFile> {
  const bytes = await readFile(join(folder, name));
  return { path: name, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** The folder of one table below that of an export, with `/` between its parts. */
export function tableFolder(table: string, exportId: string): string {
  return `${table}/${EXPORT_ROOT}/${exportId}`;
}

export async function saveManifest(folder: string, manifest: ExportManifest): Promise<void> {
  const text = JSON.stringify(withChecksum({ mqdynExport: VERSION, ...manifest }), null, 2);
  await writeAtomically(join(folder, MANIFEST), WHAT, `${text}\n`);
}

/** Reads `manifest.json`, or tells what is wrong with it; undefined where there is none. */
export async function loadManifest(folder: string): Promise<{ manifest: ExportManifest } | { fault: string } | undefined> {
  const read = await readOwn(join(folder, MANIFEST));
  if (read === undefined || 'fault' in read) return read;
  // the checksum says that these are the members that were saved
  const manifest: ExportManifest = Object(read.members);
  return { manifest };
}

export async function saveState(folder: string, state: object): Promise<void> {
  await writeAtomically(join(folder, STATE), WHAT, `${JSON.stringify(withChecksum({ mqdynExport: VERSION, ...state }))}\n`);
}

/** How far an export is; undefined where nothing says so. A damaged state is E_CHECKPOINT, never a silent new start. */
export async function loadState<State>(folder: string): Promise<State | undefined> {
  const path = join(folder, STATE);
  const read = await readOwn(path);
  if (read === undefined) return undefined;
  if ('fault' in read) throw new MqdynError('E_CHECKPOINT', `${path} ${read.fault}`, { hint: 'Start over with --restart.' });
  const state: State = Object(read.members);
  return state;
}

async function readOwn(path: string): ReturnType<typeof readVerified> {
  const read = await readVerified(path);
  if (read === undefined || 'fault' in read || read.members['mqdynExport'] === VERSION) return read;
  return { fault: `is of another version than ${VERSION}` };
}

/** Whether a folder is there, and whether anything is in it. */
export async function lookAt(folder: string): Promise<'absent' | 'empty' | 'filled'> {
  try {
    return (await readdir(folder)).length === 0 ? 'empty' : 'filled';
  } catch (error) {
    if (isErrno(error) && error.code === 'ENOENT') return 'absent';
    if (isErrno(error) && error.code === 'ENOTDIR') return 'filled';
    throw readFault(folder, error);
  }
}

/** Whether a folder holds an export that is complete. */
export async function isExport(folder: string): Promise<boolean> {
  return stat(join(folder, MANIFEST)).then(
    (facts) => facts.isFile(),
    () => false,
  );
}

/** Why a data file of an unfinished export is not as it was stored; undefined where it is. */
export async function storedFault(path: string, bytes: number): Promise<string | undefined> {
  const size = await stat(path).then(
    (facts) => facts.size,
    () => undefined,
  );
  return size === bytes ? undefined : size === undefined ? 'is missing' : `has ${size} bytes instead of ${bytes}`;
}

/** Removes data files of a table that are not among those that are stored: of a run that was stopped and begun anew. */
export async function removeUnlisted(folder: string, names: ReadonlySet<string>): Promise<void> {
  try {
    for (const name of await readdir(folder)) if (!names.has(name)) await rm(join(folder, name), { force: true });
  } catch (error) {
    throw writeFault('folder', folder, error);
  }
}

/** Makes the folder in which an export grows. */
export async function makeUnfinished(folder: string): Promise<void> {
  try {
    await makeFolder(unfinished(folder));
  } catch (error) {
    throw writeFault('folder', unfinished(folder), error);
  }
}

/** What a run that was killed left of files that were not complete. */
const LEFTOVER = /\.(?:[0-9a-f]{8}\.tmp|partial)$/;

/** Removes what a run that was killed left half written. Tells whether anything else is there. */
export async function sweepUnfinished(folder: string): Promise<boolean> {
  const partial = unfinished(folder);
  try {
    const files = (await readdir(partial, { recursive: true, withFileTypes: true })).filter((entry) => !entry.isDirectory());
    const [left, rest] = [files.filter(({ name }) => LEFTOVER.test(name)), files.filter(({ name }) => !LEFTOVER.test(name))];
    for (const { parentPath, name } of left) await rm(join(parentPath, name), { force: true });
    return rest.length > 0;
  } catch (error) {
    throw writeFault('folder', partial, error);
  }
}

/** Removes what an export that is not to be continued has left; a folder with anything else in it stays. */
export async function discardUnfinished(folder: string): Promise<void> {
  const partial = unfinished(folder);
  const names = await readdir(partial);
  if (names.length > 0 && !names.includes(STATE) && !names.includes(MANIFEST)) {
    throw new MqdynError('E_CONFIRM', `${partial} holds something else than an unfinished export`, {
      hint: 'Remove it yourself, or name another folder.',
    });
  }
  try {
    await rm(partial, { recursive: true });
  } catch (error) {
    throw writeFault('folder', partial, error);
  }
}

/**
 * Gives a complete export its own name. What stands there is put aside first and removed last, so that there is a whole export at
 * every moment.
 */
export async function finishExport(folder: string, { tables }: ExportManifest): Promise<void> {
  const aside = `${folder}.replaced-by-${basename(tables[0]?.folder ?? '')}`;
  try {
    await rm(join(unfinished(folder), STATE), { force: true });
    const there = await lookAt(folder);
    if (there === 'empty') await rmdir(folder);
    if (there === 'filled') await rename(folder, aside);
    await rename(unfinished(folder), folder);
    await rm(aside, { recursive: true, force: true });
  } catch (error) {
    throw writeFault('export', folder, error);
  }
}
