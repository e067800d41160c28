import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';

/** What a line of `mosquitto_sub -F %j` says, as the tables hold it. */
type RecordedMessage = {
  topic: string;
  qos: number;
  retain: boolean;
  /** Text where the bytes are text. */
  payload: string | Uint8Array;
  arrived: number;
  sender: string;
};

/** Reads a recording another way than the program does: every byte as one character, so that no byte is lost in JSON.parse. */
export function readRecording(file: string): RecordedMessage[] {
  const lines = readFileSync(file, 'latin1').trimEnd().split('\n');
  return lines.map((line) => {
    const record = JSON.parse(line) as { tst: string; topic: string; qos: number; retain: number; payload: string | null };
    const payload = Buffer.from(record.payload ?? '', 'latin1');
    return {
      topic: Buffer.from(record.topic, 'latin1').toString('utf8'),
      qos: record.qos,
      retain: record.retain === 1,
      payload: isUtf8(payload) ? payload.toString('utf8') : payload,
      arrived: Math.floor(Date.parse(`${record.tst.slice(0, 26)}Z`) / 1000),
      sender: 'undefined',
    };
  });
}
