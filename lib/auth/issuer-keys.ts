import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { fetchJson } from './fetch-json.ts';

const timeoutMs = 5000;
/** Keys are asked for anew after this, in the background. */
const freshMs = 10 * 60 * 1000;
/** An unknown key id makes us ask at once, but no more often than this: made-up ids must not load the issuer. */
const cooldownMs = 10_000;

/** The keys could not be had; nothing is said about the token. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

export type KeysAddress = { jwksUri: string; caFile?: string | undefined; tokenFile?: string | undefined };

/** @throws Error unless there is a key set within five seconds */
export const downloadKeys = async ({ jwksUri: url, caFile, tokenFile }: KeysAddress): Promise<JSONWebKeySet> =>
  (await fetchJson({ url, caFile, tokenFile, timeoutMs })) as JSONWebKeySet;

type Loaded = { find: ReturnType<typeof createLocalJWKSet>; at: number };

export type IssuerKeysOptions = {
  load: () => Promise<JSONWebKeySet>;
  /** Keys known from before, so that the first request need not wait, nor the issuer answer. */
  saved?: () => { keys: JSONWebKeySet; at: number } | undefined;
  now?: () => number;
};

/**
 * An issuer's published keys: loaded on first use, kept while the issuer is away, asked for again when a token names an
 * unknown one, so that a rotation needs no restart.
 * @throws KeysUnavailable when there are none to go by
 */
export const createIssuerKeys = ({ load, saved, now = Date.now }: IssuerKeysOptions): JWTVerifyGetKey => {
  let loaded: Loaded | undefined;
  let loading: Promise<Loaded> | undefined;
  let tried = Number.NEGATIVE_INFINITY;
  let forced = Number.NEGATIVE_INFINITY;

  const reload = (): Promise<Loaded> => {
    tried = now();
    loading ??= load()
      .then((keys) => {
        loaded = { find: createLocalJWKSet(keys), at: now() };
        return loaded;
      })
      .catch((cause: unknown) => {
        throw new KeysUnavailable("the issuer's keys can not be loaded", { cause });
      })
      .finally(() => {
        loading = undefined;
      });
    return loading;
  };

  const refresh = (): void => {
    if (loaded && now() - loaded.at > freshMs && now() - tried > cooldownMs) void reload().catch(() => undefined);
  };

  const recall = (): Loaded | undefined => {
    try {
      const known = saved?.();
      loaded = known && { find: createLocalJWKSet(known.keys), at: known.at };
    } catch {
      // What was kept is no key set: as if nothing had been.
    }
    return loaded;
  };

  /** Who comes while the keys are asked for waits for them too: of many tokens at once none is refused too early. */
  const newerThan = async (known: Loaded): Promise<Loaded | undefined> => {
    if (loaded !== known) return loaded;
    if (!loading) {
      if (now() - forced <= cooldownMs) return undefined;
      forced = now();
    }
    return reload();
  };

  return async (header, token) => {
    const known = loaded ?? recall() ?? (await reload());
    refresh();
    try {
      return await known.find(header, token);
    } catch (error) {
      const newer = error instanceof errors.JWKSNoMatchingKey ? await newerThan(known) : undefined;
      if (!newer) throw error;
      return newer.find(header, token);
    }
  };
};
