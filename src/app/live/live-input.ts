import { BEGINNING, type OpenInput } from '../replay/inputs.ts';

/** The input that windows of a listener are of: events one by one, each with its time of arrival. */
export class LiveInput implements OpenInput {
  readonly index = 0;
  readonly live = true;
  readonly start = BEGINNING;
  readonly name: string;
  /** Of the event that is being read, in Unix milliseconds. */
  arrivedMillis: number | undefined = undefined;
  readonly blocks: OpenInput['blocks'] = nothing();

  constructor(name: string) {
    this.name = name;
  }

  get fallbackMillis(): number | undefined {
    return this.arrivedMillis;
  }

  framing(): 'documents' {
    return 'documents';
  }

  bytesRead(): number {
    return 0;
  }
}

async function* nothing(): AsyncGenerator<never> {}
