import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The longest that one command line may take, in milliseconds. */
const PATIENCE = 60_000;
const POLL = 15;

/** What the shell says before each prompt: that the command before it has ended. */
const ENDED = 'tmux wait-for -S ended';

export function hasTmux(): boolean {
  return spawnSync('tmux', ['-V']).status === 0 && spawnSync('bash', ['--version']).status === 0;
}

/** A shell in a terminal of a fixed size, which tmux draws. */
export class Terminal {
  private readonly env: NodeJS.ProcessEnv;

  private constructor(env: NodeJS.ProcessEnv) {
    this.env = env;
  }

  /** Starts bash in a folder. The socket of tmux is in `home`, so that no other server is met. */
  static async open(size: { columns: number; rows: number }, home: string, cwd: string, env: NodeJS.ProcessEnv) {
    const settings = join(home, 'tmux.conf');
    writeFileSync(settings, 'set -g status off\nset -g default-terminal "screen-256color"\nset -g remain-on-exit off\n');
    const shell = {
      ...env,
      LANG: 'C.UTF-8',
      LC_ALL: 'C.UTF-8',
      TMUX_TMPDIR: home,
      PS1: '$ ',
      HISTFILE: '/dev/null',
      PROMPT_COMMAND: ENDED,
    };
    const terminal = new Terminal(shell);
    const [x, y] = [String(size.columns), String(size.rows)];
    // as words, so that no other shell comes before it, which would forget the prompt
    const bash = ['bash', '--norc', '--noprofile'];
    await terminal.tmux('-u', '-f', settings, 'new-session', '-d', '-s', 'mqdyn', '-x', x, '-y', y, '-c', cwd, ...bash);
    await terminal.ended();
    return terminal;
  }

  /** Types a command line and shows the screen once the prompt is back, and the lines of it that were too long for it. */
  async type(line: string): Promise<{ screen: string; wrapped: string[] }> {
    await this.start(line);
    await this.ended();
    return this.seen();
  }

  /** Types a command line that goes on, shows the screen once it has `text`, and ends it with a key. */
  async watch(line: string, text: string, key: string): Promise<{ screen: string; wrapped: string[] }> {
    await this.start(line);
    await this.until((screen) => screen.includes(text));
    const seen = await this.seen();
    await this.tmux('send-keys', key);
    await this.ended();
    return seen;
  }

  async close(): Promise<void> {
    await this.tmux('kill-server').catch(() => undefined);
  }

  private async start(line: string): Promise<void> {
    await this.tmux('send-keys', 'C-l');
    await this.until((screen) => screen === '$');
    await this.tmux('send-keys', '-l', '--', line);
    await this.tmux('send-keys', 'Enter');
  }

  /** The signal comes before the prompt is drawn. */
  private async ended(): Promise<void> {
    await this.tmux('wait-for', 'ended');
    await this.until((screen) => screen.split('\n').at(-1) === '$');
  }

  private async seen(): Promise<{ screen: string; wrapped: string[] }> {
    const [screen, joined] = [await this.screen(), await this.screen('-J')];
    const there = new Set(screen.split('\n'));
    return { screen, wrapped: joined.split('\n').filter((line) => !there.has(line)) };
  }

  private async until(isThere: (screen: string) => boolean): Promise<void> {
    for (const end = Date.now() + PATIENCE; Date.now() < end; await delay(POLL)) if (isThere(await this.screen())) return;
    throw new Error(`the terminal does not show what was awaited, but:\n${await this.screen()}`);
  }

  private async screen(...flags: string[]): Promise<string> {
    const text = await this.tmux('capture-pane', '-p', ...flags, '-t', 'mqdyn');
    return text.replaceAll(/ +$/gm, '').trimEnd();
  }

  private async tmux(...args: string[]): Promise<string> {
    return (await run('tmux', args, { env: this.env, timeout: PATIENCE })).stdout;
  }
}
