/** Colours by meaning. Without a colour terminal every function returns its text unchanged. */
export type Theme = {
  heading: (text: string) => string;
  faint: (text: string) => string;
  good: (text: string) => string;
  /** Worth a look. */
  warn: (text: string) => string;
  bad: (text: string) => string;
  strong: (text: string) => string;
};

const same = (text: string) => text;
const PLAIN: Theme = { heading: same, faint: same, good: same, warn: same, bad: same, strong: same };

/** Colour on a terminal, or where FORCE_COLOR or CLICOLOR_FORCE asks for it, and never with NO_COLOR. Loaded only then. */
export async function makeTheme(terminal: boolean, env: NodeJS.ProcessEnv): Promise<Theme> {
  const forced = isOn(env['FORCE_COLOR']) || isOn(env['CLICOLOR_FORCE']);
  if (env['NO_COLOR'] || env['FORCE_COLOR'] === '0' || (!forced && (!terminal || env['TERM'] === 'dumb'))) return PLAIN;
  const { Chalk, supportsColor } = await import('chalk');
  const chalk = new Chalk({ level: supportsColor ? supportsColor.level : 1 });
  const { bold, dim, green, yellow, red } = chalk;
  return { heading: bold, faint: dim, good: green, warn: yellow, bad: red, strong: bold };
}

function isOn(variable: string | undefined): boolean {
  return variable !== undefined && variable !== '' && variable !== '0' && variable !== 'false';
}
