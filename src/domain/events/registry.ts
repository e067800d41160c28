import type { EventFormat } from './format.ts';
import { mosquitto } from './mosquitto.ts';
import { ruleEngine } from './rule-engine.ts';

/** Every format that a recording may have; `auto` asks them in this order. */
const FORMATS: readonly EventFormat[] = [ruleEngine, mosquitto];

export const INPUT_FORMATS: readonly string[] = ['auto', ...FORMATS.map((format) => format.name)];

export function formatNamed(name: string): EventFormat | undefined {
  return FORMATS.find((format) => format.name === name);
}

export function formatOf(record: Parameters<EventFormat['detects']>[0]): EventFormat | undefined {
  return FORMATS.find((format) => format.detects(record));
}
