import { Chalk, supportsColor } from 'chalk';

/** Colours by meaning. Without a colour terminal every function returns its text unchanged. */
export type Theme = {
  heading(text: string): string;
  faint(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  strong(text: string): string;
};

/** Colour only on a terminal, and never with NO_COLOR. */
export function makeTheme(terminal: boolean, env: NodeJS.ProcessEnv): Theme {
  const colour = terminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  const chalk = new Chalk({ level: colour ? (supportsColor ? supportsColor.level : 1) : 0 });
  return { heading: chalk.bold, faint: chalk.dim, good: chalk.green, bad: chalk.red, strong: chalk.bold };
}
