const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const ENTROPY_BYTES = 10;
/** Ids whose chance is asked of the system at once: a call costs as much as making several ids. */
const POOLED_IDS = 64;

/** Makes ULIDs in lowercase: 48 bits of time, 80 bits of chance, strictly ascending within a process even when the clock stands still or goes back. */
export class UlidSource {
  readonly #now: () => number;
  readonly #randomBytes: (length: number) => Uint8Array;
  #time = 0;
  #pool: Uint8Array = new Uint8Array(0);
  #drawn = 0;
  #entropy = new Uint8Array(ENTROPY_BYTES);

  constructor(now: () => number, randomBytes: (length: number) => Uint8Array) {
    this.#now = now;
    this.#randomBytes = randomBytes;
  }

  next(): string {
    const now = this.#now();
    if (now > this.#time) {
      this.#time = now;
      this.#entropy = this.#draw();
      // The top bit stays free, so that counting up within one millisecond cannot overflow.
      this.#entropy[0] = (this.#entropy[0] as number) & 0x7f;
    } else {
      increment(this.#entropy);
    }
    return encodeTime(this.#time) + encodeEntropy(this.#entropy);
  }

  #draw(): Uint8Array<ArrayBuffer> {
    if (this.#drawn === this.#pool.length) {
      this.#pool = this.#randomBytes(ENTROPY_BYTES * POOLED_IDS);
      this.#drawn = 0;
    }
    return Uint8Array.from(this.#pool.subarray(this.#drawn, (this.#drawn += ENTROPY_BYTES)));
  }
}

/** `<prefix>-<ULID in lowercase>`, the form of every id of the contract. */
export function resourceId(prefix: string, ulid: string): string {
  return `${prefix}-${ulid}`;
}

/** Tells whether a text has the form of an id with this prefix. */
export function isResourceId(prefix: string, text: string): boolean {
  return text.startsWith(`${prefix}-`) && /^[0-7][0-9a-hjkmnp-tv-z]{25}$/u.test(text.slice(prefix.length + 1));
}

function increment(bytes: Uint8Array): void {
  for (let index = bytes.length - 1; index >= 0; index -= 1) {
    const next = (bytes[index] as number) + 1;
    bytes[index] = next & 0xff;
    if (next <= 0xff) return;
  }
}

function encodeTime(time: number): string {
  let text = "";
  let rest = time;
  for (let index = 0; index < 10; index += 1) {
    text = ALPHABET.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

function encodeEntropy(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET.charAt((value >>> bits) & 31);
    }
    value &= (1 << bits) - 1;
  }
  return text;
}
