import { msgidLength, msgidOfWords, readWords } from '../mqtt/msgid-text.ts';

const WORDS = 4;
const FIRST_CAPACITY = 1_024;

/**
 * Gives every message of a window a small number. A window holds an id for each of its messages, and two or three uses of
 * it; as plain words in one array they cost the garbage collector nothing.
 */
export class MessageIds {
  private words = new Uint32Array(FIRST_CAPACITY * WORDS);
  /** Open addressing: number of a message plus one, zero where there is none. At most half full. */
  private slots = new Int32Array(FIRST_CAPACITY * 2);
  private lengths = new Uint8Array(FIRST_CAPACITY);
  private readonly texts: (string | undefined)[] = [];
  private count = 0;
  /** Most uses of an id follow one of the same event. */
  private last = { guid: '', message: -1 };

  get size(): number {
    return this.count;
  }

  /** The number of a message, from 0. */
  numberOf(guid: string): number {
    if (guid === this.last.guid) return this.last.message;
    const message = this.lookUp(guid);
    this.last.guid = guid;
    this.last.message = message;
    return message;
  }

  private lookUp(guid: string): number {
    const { count, words } = this;
    // written behind the last one, where it stays if it is new
    readWords(guid, words, count * WORDS);
    const slot = this.slotOf(count);
    const found = this.slots[slot]! - 1;
    if (found >= 0) return found;
    this.count = count + 1;
    this.lengths[count] = msgidLength(guid);
    this.texts.push(undefined); // a list with gaps would be slow
    this.slots[slot] = this.count;
    if (this.count * WORDS === words.length) this.grow();
    return count;
  }

  /** The msgid of a message, which is made once. */
  msgid(message: number): string {
    return (this.texts[message] ??= msgidOfWords(this.words, message * WORDS));
  }

  /** The length of its msgid. */
  lengthOf(message: number): number {
    return this.lengths[message]!;
  }

  /** The slot of the id that stands there, or the free one where it belongs. */
  private slotOf(message: number): number {
    const { words, slots } = this;
    const mask = slots.length - 1;
    const start = message * WORDS;
    let slot = hashOf(words, start) & mask;
    for (let other = slots[slot]!; other !== 0; other = slots[slot]!) {
      if (areSame(words, start, (other - 1) * WORDS)) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private grow(): void {
    const words = new Uint32Array(this.words.length * 2);
    words.set(this.words);
    this.words = words;
    const lengths = new Uint8Array(this.lengths.length * 2);
    lengths.set(this.lengths);
    this.lengths = lengths;
    this.slots = new Int32Array(this.slots.length * 2);
    for (let message = 0; message < this.count; message += 1) this.slots[this.slotOf(message)] = message + 1;
  }
}

function areSame(words: Uint32Array, one: number, other: number): boolean {
  for (let at = 0; at < WORDS; at += 1) if (words[one + at] !== words[other + at]) return false;
  return true;
}

/** The last words of ids that follow each other differ in few bits, so each word is spread over the whole. */
function hashOf(words: Uint32Array, start: number): number {
  let hash = 0;
  for (let at = start; at < start + WORDS; at += 1) {
    hash = Math.imul(hash ^ words[at]!, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash >>> 0;
}
