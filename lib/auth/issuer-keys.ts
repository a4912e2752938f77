import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { fetchJson } from './fetch-json.ts';

/** Limit for downloading a key set, in milliseconds. */
const timeoutMs = 5000;
/** Age in milliseconds after which keys are downloaded again in the background: 10 minutes. */
const freshMs = 10 * 60 * 1000;
/**
 * Least time in milliseconds between two downloads because of old keys, or because of an unknown key id. Without this
 * pause, tokens with made-up key ids would cause a request to the issuer each.
 */
const cooldownMs = 10_000;

/** The issuer's keys can't be loaded, so a token can be neither accepted nor refused. */
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
   * Returns keys that sweep saved, with their time in milliseconds since 1970. With saved keys, no request waits for a
   * download.
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
      // Broken saved keys count as absent, so that the keys are downloaded.
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
   * Returns keys that were loaded after `known`, undefined when it is too early to download again. A token that arrives
   * during a download waits for that download, so that no token of a new key is refused while the keys are on their
   * way.
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
 * Finds keys in the key set of an issuer. The set is downloaded at first use, kept while the issuer is away, and
 * downloaded again when a token names an unknown key, so that a rotation of keys needs no restart.
 * @throws KeysUnavailable when no keys are known and none can be downloaded
 */
export const createIssuerKeys = (options: IssuerKeysOptions): JWTVerifyGetKey => new IssuerKeys(options).find;
