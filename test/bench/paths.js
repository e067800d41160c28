import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const MQDYN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

/** A program of this folder. */
export const bench = (name) => fileURLToPath(new URL(name, import.meta.url));
