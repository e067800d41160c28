import { Flags } from '@oclif/core';
import type { Subset } from '../app/mend/source.ts';
import { MqdynError } from '../domain/errors.ts';
import { FORMAT_NAMES } from '../output/formats/registry.ts';
import { durationFlag, outputFlags, TARGET_NAMES } from './flags.ts';
import { hooksFlags } from './hooks-flags.ts';

/** DynamoDB divides a scan into so many segments at most. */
const MAX_PARTS = 1_000_000;

export const doctorFlags = {
  ...outputFlags,
  format: Flags.string({
    char: 'o',
    helpGroup: 'REPORT',
    options: [...FORMAT_NAMES, 'prometheus'],
    default: 'table',
    summary: 'table is a report for people; prometheus is for the textfile collector of a node exporter',
  }),
  check: Flags.string({ helpGroup: 'CHECK', helpValue: 'ID,...', summary: 'only these checks' }),
  'list-checks': Flags.boolean({ helpGroup: 'CHECK', summary: 'list the checks, and look at nothing' }),
  'older-than': durationFlag({
    helpGroup: 'CHECK',
    default: 600_000,
    defaultHelp: async () => '10m',
    summary: 'leave out messages that are younger by their id: they may be in flight',
  }),
  from: Flags.string({
    helpGroup: 'CHECK',
    helpValue: 'DIR',
    exclusive: ['fix', 'plan', 'plan-out', 'subset', 'segments', ...TARGET_NAMES],
    summary: 'check the tables of this export, without a target',
  }),
  subset: Flags.string({
    helpGroup: 'CHECK',
    helpValue: 'N/T|P%',
    exclusive: ['segments'],
    summary: 'only part N of T parts of each table; or estimate all from P percent',
  }),
  segments: Flags.integer({
    helpGroup: 'CHECK',
    helpValue: 'N',
    min: 1,
    max: 64,
    default: 1,
    summary: 'read N segments at once',
  }),
  examples: Flags.integer({
    helpGroup: 'REPORT',
    helpValue: 'N',
    min: 0,
    max: 100,
    default: 3,
    summary: 'examples of each finding',
  }),
  ...hooksFlags,
  fix: Flags.boolean({ helpGroup: 'REPAIR', summary: 'show the repairs, ask, and carry them out' }),
  'plan-out': Flags.string({
    helpGroup: 'REPAIR',
    helpValue: 'FILE',
    exclusive: ['plan'],
    summary: 'save the repairs as a plan, and change nothing',
  }),
  plan: Flags.string({
    helpGroup: 'REPAIR',
    helpValue: 'FILE',
    exclusive: ['check', 'subset', 'hooks'],
    summary: 'carry out exactly this saved plan',
  }),
  journal: Flags.string({
    helpGroup: 'REPAIR',
    helpValue: 'FILE',
    summary: 'where what is changed is kept, so that it can be taken back (doctor-TIME.journal)',
  }),
  yes: Flags.boolean({ char: 'y', helpGroup: 'REPAIR', summary: 'do not ask for confirmation' }),
};

/** Reads `3/30` or `5%`. A percentage takes one part of as many as it says, chosen by `random`, from 0 to below 1. */
export function subsetOf(text: string | undefined, random: () => number): (Subset & { estimates: boolean }) | undefined {
  if (text === undefined) return undefined;
  const fraction = /^(\d+)\/(\d+)$/.exec(text);
  if (fraction !== null) {
    const [part, of] = [Number(fraction[1]), Number(fraction[2])];
    if (part >= 1 && part <= of && of <= MAX_PARTS) return { part, of, estimates: false };
  }
  const percent = Number(/^(\d+(?:\.\d+)?)%$/.exec(text)?.[1]);
  if (percent > 0 && percent <= 100) {
    const of = Math.min(MAX_PARTS, Math.round(100 / percent));
    return { part: 1 + Math.floor(random() * of), of, estimates: true };
  }
  throw new MqdynError('E_USAGE', `invalid subset "${text}"; use 3/30 for the third of 30 parts, or 5% to estimate`);
}
