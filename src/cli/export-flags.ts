import { Flags } from '@oclif/core';
import { durationFlag, outputFlags, targetFlags } from './flags.ts';
import { nativeExportFlags, SCAN_FLAGS } from './native-export.ts';

/** Nothing is made where an export is only looked at. */
const LOOKING = [...SCAN_FLAGS, 'restart'];

export const exportFlags = {
  ...targetFlags,
  ...outputFlags,
  out: Flags.string({ helpGroup: 'EXPORT', helpValue: 'DIR', summary: 'store the tables in this new folder' }),
  segments: Flags.integer({
    helpGroup: 'EXPORT',
    helpValue: 'N',
    min: 1,
    max: 64,
    default: 1,
    summary: 'read this many parts of a table in parallel',
  }),
  'max-rcu': Flags.integer({
    helpGroup: 'EXPORT',
    helpValue: 'N',
    min: 1,
    summary: 'at most this many read capacity units per second',
  }),
  sorted: Flags.boolean({
    helpGroup: 'EXPORT',
    default: false,
    summary: 'items in the order of their keys, so that diff compares two exports',
  }),
  redact: Flags.string({
    helpGroup: 'EXPORT',
    helpValue: 'KEYFILE',
    summary: 'replace client ids, topics, senders and payloads by hashes with this key',
  }),
  's3-prefix': Flags.string({
    helpGroup: 'EXPORT',
    helpValue: 'P',
    summary: 'where the folder will stand in its bucket; manifests name files from there',
  }),
  'retry-for': durationFlag({
    helpGroup: 'EXPORT',
    default: 120_000,
    defaultHelp: async () => '120s',
    summary: 'give up after this long without a reply',
  }),
  resume: Flags.boolean({ helpGroup: 'RESUME', summary: 'continue an export that was stopped' }),
  restart: Flags.boolean({
    helpGroup: 'RESUME',
    exclusive: ['resume'],
    summary: 'discard what a stopped export has left; with --native, start new jobs even where the same ones run or have ended',
  }),
  force: Flags.boolean({ helpGroup: 'EXPORT', summary: 'replace the folder, once the new export is complete' }),
  verify: Flags.string({
    helpGroup: 'CHECK',
    helpValue: 'DIR',
    exclusive: LOOKING,
    summary: 'prove an export complete and undamaged; needs no target',
  }),
  inspect: Flags.string({
    helpGroup: 'CHECK',
    helpValue: 'DIR',
    exclusive: LOOKING,
    summary: 'show what is in an export; needs no target',
  }),
  depth: Flags.integer({
    helpGroup: 'CHECK',
    helpValue: 'N',
    min: 1,
    dependsOn: ['inspect'],
    summary: 'with --inspect: topics as a tree of this many levels',
  }),
  ...nativeExportFlags,
};
