import { createHash, hkdfSync } from 'node:crypto';
import { CompactEncrypt, compactDecrypt } from 'jose';
import { isObject } from '../../json-values.ts';
import type { Secret } from '../../secret.ts';

/** Purpose of a sealed text. A text for one purpose is never accepted for another. */
export type Purpose = 'session' | 'refresh' | 'sign-in';

/** Content of a sealed text. `expires`: time after which the text counts as absent, in seconds since 1970. */
type Sealable = Readonly<Record<string, unknown>> & { readonly expires: number };

/** Seals and opens texts that browsers keep for the service. */
export type Sealer = {
  /** Encrypts a value with the first value of the secret. */
  seal: (content: Sealable) => Promise<string>;
  /** Returns the value in a sealed text. Undefined for a text that nobody sealed, was changed or has expired. */
  open: (text: string) => Promise<Sealable | undefined>;
};

type Key = { id: string; bytes: Uint8Array };

/**
 * Derives the key of a purpose from a value of the secret, so that a value may have any length and purposes have
 * different keys. The key's id tells which value made it, and says nothing about the value.
 */
const deriveKey = (value: string, purpose: Purpose): Key => {
  const bytes = new Uint8Array(hkdfSync('sha256', value, '', `toolforge-builds ${purpose}`, 32));
  return { id: createHash('sha256').update(bytes).digest('base64url').slice(0, 8), bytes };
};

const isSealable = (value: unknown): value is Sealable => isObject(value) && typeof value.expires === 'number';

const parse = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString('utf8'));

/**
 * Makes the sealer of a purpose: JSON Web Encryption with a direct key and A256GCM, which also detects changes. The
 * secret may have several values: the first one seals, and each of them opens, so that it can be replaced while sessions
 * go on.
 * @param now returns milliseconds since 1970
 */
export const createSealer = (secret: Secret, purpose: Purpose, now: () => number = Date.now): Sealer => {
  const typ = `${purpose}+jwe`;
  const derived = new Map<string, Key>();
  const keyOf = (value: string): Key => {
    const key = derived.get(value) ?? deriveKey(value, purpose);
    derived.set(value, key);
    return key;
  };
  const keyById = (id: string | undefined): Uint8Array => {
    const found = () =>
      secret
        .values()
        .map(keyOf)
        .find((key) => key.id === id)?.bytes;
    const known = found();
    if (known) return known;
    // Another instance may have sealed the text with a value that this instance does not know yet.
    secret.refresh();
    const newer = found();
    if (!newer) throw new Error('no key has this id');
    return newer;
  };
  const decrypt = (text: string) =>
    compactDecrypt(text, (header) => keyById(header.kid), {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
  return {
    seal: async (content) => {
      const { id, bytes } = keyOf(secret.values()[0] ?? '');
      return new CompactEncrypt(Buffer.from(JSON.stringify(content)))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: id, typ })
        .encrypt(bytes);
    },
    open: async (text) => {
      const opened = await decrypt(text).catch(() => undefined);
      if (opened?.protectedHeader.typ !== typ) return undefined;
      const content = parse(opened.plaintext);
      return isSealable(content) && content.expires * 1000 > now() ? content : undefined;
    },
  };
};
