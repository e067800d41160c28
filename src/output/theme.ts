/** Colours by meaning. Without a colour terminal every function returns its text unchanged. */
export type Theme = {
  heading(text: string): string;
  faint(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  strong(text: string): string;
};

const same = (text: string) => text;
const PLAIN: Theme = { heading: same, faint: same, good: same, bad: same, strong: same };

/** Colour only on a terminal, and never with NO_COLOR. What colours is loaded only then. */
export async function makeTheme(terminal: boolean, env: NodeJS.ProcessEnv): Promise<Theme> {
  if (!terminal || env['NO_COLOR'] || env['TERM'] === 'dumb') return PLAIN;
  const { Chalk, supportsColor } = await import('chalk');
  const chalk = new Chalk({ level: supportsColor ? supportsColor.level : 1 });
  return { heading: chalk.bold, faint: chalk.dim, good: chalk.green, bad: chalk.red, strong: chalk.bold };
}
