import { BinaryReader } from '@bufbuild/protobuf/wire';

const SLOTS = 8_192;
const LONGEST = 40;
const WORDS = LONGEST / 4;
const NOT_ASCII = 0x80808080;

/**
 * Each text lies where its hash points; a newer one with the same place takes over. Changes speed, never a
 * result.
 */
const texts: string[] = new Array<string>(SLOTS).fill('');
/** The bytes of the same texts, four to a word: words are compared faster than letters. */
const words = new Int32Array(SLOTS * WORDS);
const sought = new Int32Array(WORDS);

/**
 * The text of some ASCII bytes, the same string object as the last time where possible: payloads repeat their
 * accounts, assets and venues over and over, and a look is cheaper than a new string. Undefined when the
 * bytes are long or not ASCII.
 */
export const internAscii = (bytes: Uint8Array, start: number, end: number): string | undefined => {
  const length = end - start;
  if (length > LONGEST || end > bytes.length) return undefined;
  let hash = length;
  let seen = 0;
  let count = 0;
  for (let at = start; at < end; at += 4) {
    const word = wordAt(bytes, at, end);
    sought[count] = word;
    count += 1;
    seen |= word;
    hash = Math.imul(hash ^ word, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  if ((seen & NOT_ASCII) !== 0) return undefined;
  const slot = hash & (SLOTS - 1);
  const known = texts[slot] ?? '';
  if (known.length === length && isSought(slot, count)) return known;
  const codes = new Array<number>(length);
  for (let i = 0; i < length; i += 1) codes[i] = bytes[start + i] ?? 0;
  const fresh = String.fromCharCode.apply(undefined, codes);
  texts[slot] = fresh;
  for (let i = 0; i < count; i += 1) words[slot * WORDS + i] = sought[i] ?? 0;
  return fresh;
};

/** Four bytes, zeros from the end on. */
const wordAt = (bytes: Uint8Array, at: number, end: number): number => {
  let word = bytes[at] ?? 0;
  if (at + 1 < end) word |= (bytes[at + 1] ?? 0) << 8;
  if (at + 2 < end) word |= (bytes[at + 2] ?? 0) << 16;
  if (at + 3 < end) word |= (bytes[at + 3] ?? 0) << 24;
  return word;
};

const isSought = (slot: number, count: number): boolean => {
  for (let i = 0; i < count; i += 1) if (words[slot * WORDS + i] !== sought[i]) return false;
  return true;
};

const NOTHING = new Uint8Array();

/** What the reader of the library keeps of its payload. */
type Insides = { buf: Uint8Array; len: number };

/**
 * A reader that is used again and again, one payload after the other, and gives short texts from the store.
 */
export class InterningReader extends BinaryReader {
  #bytes: Uint8Array = NOTHING;
  #view: DataView | undefined;

  // Only numbers of a fixed width are read through the library's view of the payload. It is made when one
  // comes and not for every payload: it would cost more than the rest of a short one.
  static {
    Object.defineProperty(this.prototype, 'view', {
      get(this: InterningReader): DataView {
        const { buffer, byteOffset, byteLength } = this.#bytes;
        return (this.#view ??= new DataView(buffer, byteOffset, byteLength));
      },
      set(): void {},
    });
  }

  constructor() {
    super(NOTHING);
  }

  /** Starts over with another payload. */
  on(bytes: Uint8Array): this {
    const insides = this as unknown as Insides;
    this.#bytes = bytes;
    insides.buf = bytes;
    insides.len = bytes.length;
    this.#view = undefined;
    this.pos = 0;
    return this;
  }

  /** A copy: payloads are decoded from memory that their reader uses again. */
  override bytes(): Uint8Array {
    return super.bytes().slice();
  }

  override string(strict?: boolean): string {
    const start = this.pos;
    const length = this.uint32();
    const end = this.pos + length;
    const text = end > this.len ? undefined : internAscii(this.#bytes, this.pos, end);
    if (text === undefined) {
      this.pos = start;
      return super.string(strict);
    }
    this.pos = end;
    return text;
  }
}
