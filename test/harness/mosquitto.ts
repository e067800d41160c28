import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.ts';

const BINARY = '/usr/sbin/mosquitto';

/** Whether Debian's mosquitto is here. */
export function hasMosquitto(): boolean {
  return spawnSync(BINARY, ['-h']).error === undefined;
}

/** mosquitto on loopback with its state in memory. It speaks MQTT 3.1.1 and 5. */
export async function startMosquitto(
  folder: string,
  settings: readonly string[] = [],
): Promise<{ url: string; port: number; stop(): Promise<void> }> {
  const port = await freePort();
  const conf = join(folder, `mosquitto-${port}.conf`);
  writeFileSync(conf, [`listener ${port} 127.0.0.1`, 'allow_anonymous true', ...settings, ''].join('\n'));
  const child = spawn(BINARY, ['-c', conf], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for (let tries = 0; !(await answers(port)); tries += 1) {
    if (tries > 100 || child.exitCode !== null) throw new Error('mosquitto did not start');
    await delay(50);
  }
  const stop = async () => {
    child.kill();
    await ended;
  };
  return { url: `mqtt://127.0.0.1:${port}`, port, stop };
}

async function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
