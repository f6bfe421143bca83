import { BinaryReader } from '@bufbuild/protobuf/wire';

const SLOTS = 8_192;
const LONGEST = 40;

/**
 * Each text lies where its hash points; a newer one with the same place takes over. Changes speed, never a
 * result.
 */
const texts: string[] = new Array<string>(SLOTS).fill('');

/**
 * The text of some ASCII bytes, the same string object as the last time where possible: payloads repeat their
 * accounts, assets and venues over and over, and a look is cheaper than a new string. Undefined when the
 * bytes are long or not ASCII.
 */
export const internAscii = (bytes: Uint8Array, start: number, end: number): string | undefined => {
  const length = end - start;
  if (length > LONGEST) return undefined;
  let hash = length;
  for (let i = start; i < end; i += 1) {
    const byte = bytes[i] ?? 0x80;
    if (byte > 0x7f) return undefined;
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
  const known = texts[slot] ?? '';
  if (known.length === length && isSame(known, bytes, start)) return known;
  const codes = new Array<number>(length);
  for (let i = 0; i < length; i += 1) codes[i] = bytes[start + i] ?? 0;
  const fresh = String.fromCharCode.apply(undefined, codes);
  texts[slot] = fresh;
  return fresh;
};

const isSame = (text: string, bytes: Uint8Array, start: number): boolean => {
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) !== bytes[start + i]) return false;
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
