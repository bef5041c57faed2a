import { createCipheriv, createDecipheriv, createHash, randomBytes as systemRandomBytes } from "node:crypto";

const ALGORITHM = "aes-256-gcm";
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID_BYTES = 8;
const FORMAT = 1;
const WRAPPED_BYTES = IV_BYTES + TAG_BYTES + KEY_BYTES;
const HEADER_BYTES = 1 + KEY_ID_BYTES + WRAPPED_BYTES;

/** Key-encryption keys: `current` seals, all of them open. 32 bytes each. */
export interface KeyRing {
  readonly current: Uint8Array;
  readonly former?: readonly Uint8Array[];
}

/** Cannot open a sealed value: it was changed, moved elsewhere, or its key is gone. Never says what is inside. */
export class SecretUnreadable extends Error {
  override readonly name = "SecretUnreadable";

  constructor(why: string) {
    super(`Cannot open a secret: ${why}`);
  }
}

/**
 * Keeps secrets at rest: AES-256-GCM under a data key of its own for each value, which the key-encryption key wraps, so that rotating the latter re-wraps 32 bytes a value and never
 * touches the values. The additional data binds a sealed value to its place: copied to another resource or variable it does not open.
 *
 * Layout: format (1) | id of the key-encryption key (8) | wrapped data key: iv (12), tag (16), key (32) | value: iv (12), tag (16), text.
 */
export class SecretBox {
  readonly #keys = new Map<string, Uint8Array>();
  readonly #current: Uint8Array;
  readonly #currentId: Buffer;
  readonly #randomBytes: (length: number) => Uint8Array;

  constructor(ring: KeyRing, randomBytes: (length: number) => Uint8Array = systemRandomBytes) {
    for (const key of [ring.current, ...(ring.former ?? [])]) {
      if (key.length !== KEY_BYTES)
        throw new SecretUnreadable(`a key has ${key.length} bytes, should have ${KEY_BYTES}`);
      this.#keys.set(keyId(key).toString("hex"), key);
    }
    this.#current = ring.current;
    this.#currentId = keyId(ring.current);
    this.#randomBytes = randomBytes;
  }

  /** Seals bytes for the place that `aad` names. */
  seal(bytes: Uint8Array, aad: string): Uint8Array {
    const dataKey = this.#randomBytes(KEY_BYTES);
    const wrapped = this.#encrypt(this.#current, dataKey, aad);
    return Buffer.concat([Buffer.from([FORMAT]), this.#currentId, wrapped, this.#encrypt(dataKey, bytes, aad)]);
  }

  /** Opens what was sealed for the same place. Throws SecretUnreadable. */
  open(sealed: Uint8Array, aad: string): Uint8Array {
    return decrypt(this.#dataKey(sealed, aad), sealed.subarray(HEADER_BYTES), aad);
  }

  /** True when a value is sealed under a former key, so that it is worth `rewrap`. */
  needsRewrap(sealed: Uint8Array): boolean {
    return !Buffer.from(sealed.subarray(1, 1 + KEY_ID_BYTES)).equals(this.#currentId);
  }

  /** The same value with its data key wrapped by the current key. */
  rewrap(sealed: Uint8Array, aad: string): Uint8Array {
    const dataKey = this.#dataKey(sealed, aad);
    return Buffer.concat([
      Buffer.from([FORMAT]),
      this.#currentId,
      this.#encrypt(this.#current, dataKey, aad),
      sealed.subarray(HEADER_BYTES),
    ]);
  }

  #dataKey(sealed: Uint8Array, aad: string): Uint8Array {
    if (sealed.length < HEADER_BYTES + IV_BYTES + TAG_BYTES || sealed[0] !== FORMAT)
      throw new SecretUnreadable("it has no known form");
    const key = this.#keys.get(Buffer.from(sealed.subarray(1, 1 + KEY_ID_BYTES)).toString("hex"));
    if (key === undefined) throw new SecretUnreadable("its key is not in the key file, add the former key");
    return decrypt(key, sealed.subarray(1 + KEY_ID_BYTES, HEADER_BYTES), aad);
  }

  #encrypt(key: Uint8Array, bytes: Uint8Array, aad: string): Buffer {
    const iv = this.#randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, key, iv);
    cipher.setAAD(Buffer.from(aad));
    const text = Buffer.concat([cipher.update(bytes), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), text]);
  }
}

function decrypt(key: Uint8Array, sealed: Uint8Array, aad: string): Uint8Array {
  const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, IV_BYTES));
  decipher.setAAD(Buffer.from(aad));
  decipher.setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
  } catch {
    throw new SecretUnreadable("it was changed or belongs to another place");
  }
}

function keyId(key: Uint8Array): Buffer {
  return createHash("sha256").update("stigmer key id").update(key).digest().subarray(0, KEY_ID_BYTES);
}
