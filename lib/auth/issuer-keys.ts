import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { fetchJson } from './fetch-json.ts';

/** Time limit for the download of an issuer's key set, in milliseconds. */
const timeoutMs = 5000;
/** Age in milliseconds after which an issuer's keys are downloaded again in the background: 10 minutes. */
const freshMs = 10 * 60 * 1000;
/**
 * Least time in milliseconds between two downloads of an issuer's keys for the same reason: old keys, or a token with
 * an unknown key id. Without this pause, every token with a made-up key id would cause a request to the issuer.
 */
const cooldownMs = 10_000;

/** Thrown when an issuer's keys can't be loaded, so that a token can be neither accepted nor refused. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

export type KeysAddress = { jwksUri: string; caFile?: string | undefined; tokenFile?: string | undefined };

/**
 * Downloads the key set of an issuer.
 * @throws Error when the issuer sends no key set within five seconds
 */
export const downloadKeys = async ({ jwksUri: url, caFile, tokenFile }: KeysAddress): Promise<JSONWebKeySet> =>
  (await fetchJson({ url, caFile, tokenFile, timeoutMs })) as JSONWebKeySet;

export type IssuerKeysOptions = {
  load: () => Promise<JSONWebKeySet>;
  /**
   * Returns the issuer's keys that the function sweep saved, and the time of their download in milliseconds since 1970.
   * With saved keys, the first request to an instance does not wait for a download.
   */
  saved?: () => { keys: JSONWebKeySet; at: number } | undefined;
  now?: () => number;
};

type LoadedKeys = { find: JWTVerifyGetKey; at: number };

class IssuerKeys {
  readonly #load: () => Promise<JSONWebKeySet>;
  readonly #saved: IssuerKeysOptions['saved'];
  readonly #now: () => number;
  #loaded: LoadedKeys | undefined;
  #loading: Promise<LoadedKeys> | undefined;
  #lastLoadAt = Number.NEGATIVE_INFINITY;
  #lastUnknownKeyAt = Number.NEGATIVE_INFINITY;

  constructor({ load, saved, now = Date.now }: IssuerKeysOptions) {
    this.#load = load;
    this.#saved = saved;
    this.#now = now;
  }

  readonly find: JWTVerifyGetKey = async (header, token) => {
    const known = this.#loaded ?? this.#useSaved() ?? (await this.#reload());
    this.#refreshInBackground();
    try {
      return await known.find(header, token);
    } catch (error) {
      const newer = error instanceof errors.JWKSNoMatchingKey ? await this.#newerThan(known) : undefined;
      if (!newer) throw error;
      return newer.find(header, token);
    }
  };

  #useSaved(): LoadedKeys | undefined {
    try {
      const saved = this.#saved?.();
      this.#loaded = saved && { find: createLocalJWKSet(saved.keys), at: saved.at };
    } catch {
      // Broken saved keys count as absent, so that the issuer's keys are downloaded.
    }
    return this.#loaded;
  }

  #reload(): Promise<LoadedKeys> {
    this.#lastLoadAt = this.#now();
    this.#loading ??= this.#download().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #download(): Promise<LoadedKeys> {
    try {
      this.#loaded = { find: createLocalJWKSet(await this.#load()), at: this.#now() };
      return this.#loaded;
    } catch (cause) {
      throw new KeysUnavailable("the issuer's keys can't be loaded", { cause });
    }
  }

  #refreshInBackground(): void {
    const { at } = this.#loaded ?? { at: Number.POSITIVE_INFINITY };
    const now = this.#now();
    if (now - at > freshMs && now - this.#lastLoadAt > cooldownMs) void this.#reload().catch(() => undefined);
  }

  /**
   * Returns an issuer's keys that were loaded after `known`, undefined when it is too early for another download. A
   * token that arrives during a download waits for that download, so that a token signed with a new key is not refused
   * while the key is on its way.
   */
  async #newerThan(known: LoadedKeys): Promise<LoadedKeys | undefined> {
    if (this.#loaded !== known) return this.#loaded;
    if (this.#loading) return this.#loading;
    if (this.#now() - this.#lastUnknownKeyAt <= cooldownMs) return undefined;
    this.#lastUnknownKeyAt = this.#now();
    return this.#reload();
  }
}

/**
 * Makes a function that finds keys in the key set of an issuer. The set is downloaded at first use, kept while the
 * issuer does not respond, and downloaded again when a token names an unknown key, so that a rotation of keys needs no
 * restart.
 * @throws KeysUnavailable when no keys are known and none can be downloaded
 */
export const createIssuerKeys = (options: IssuerKeysOptions): JWTVerifyGetKey => new IssuerKeys(options).find;
