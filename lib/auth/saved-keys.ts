import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JSONWebKeySet } from 'jose';
import { shortHashOf } from '../hash.ts';
import { isObject } from '../json-values.ts';
import type { Log } from '../log.ts';
import { downloadKeys } from './issuer-keys.ts';
import type { TrustedIssuer } from './trusted-issuers.ts';

/** The key set of an issuer, with the time of its download in milliseconds since 1970. */
export type SavedKeys = { issuer: string; at: number; keys: JSONWebKeySet };

const fileName = (issuer: string): string => `${shortHashOf(issuer)}.json`;

const isSavedKeys = (value: unknown, issuer: string): value is SavedKeys => {
  const saved = value as Partial<SavedKeys> | null;
  return (
    saved?.issuer === issuer &&
    typeof saved.at === 'number' &&
    Array.isArray(saved.keys?.keys) &&
    saved.keys.keys.every(isObject)
  );
};

/** Reads an issuer's saved keys from the mounted ConfigMap. Returns undefined when the file is missing or broken. */
export const readSavedKeys = (folder: string, issuer: string): SavedKeys | undefined => {
  try {
    const value: unknown = JSON.parse(readFileSync(join(folder, fileName(issuer)), 'utf8'));
    return isSavedKeys(value, issuer) ? value : undefined;
  } catch {
    return undefined;
  }
};

/** The part of the Kubernetes client that changes a ConfigMap. */
type ConfigMapPatcher = {
  patch: (resource: 'configmaps', name: string, patch: { data: Record<string, string> }) => Promise<unknown>;
};

export type SaveKeysOptions = {
  kube: ConfigMapPatcher;
  issuers: readonly TrustedIssuer[];
  /** Name of the ConfigMap for the issuers' keys, which the functions mount. Without a name no keys are saved. */
  configMap: string | undefined;
  log: Log;
  now: () => Date;
};

/** Returns an issuer's entry in the ConfigMap of saved keys, or no entry when the issuer's keys can't be downloaded. */
const entryFor = async ({ log, now }: SaveKeysOptions, issuer: TrustedIssuer): Promise<[string, string][]> => {
  try {
    const keys = await downloadKeys(issuer);
    const saved: SavedKeys = { issuer: issuer.issuer, at: now().getTime(), keys };
    return isSavedKeys(saved, issuer.issuer) ? [[fileName(issuer.issuer), JSON.stringify(saved)]] : [];
  } catch (error) {
    log('WARNING', "an issuer's keys can't be downloaded, its saved keys stay", { issuer: issuer.issuer, error });
    return [];
  }
};

/**
 * Saves the public keys of every trusted issuer in a ConfigMap, for functions that start while an issuer does not
 * respond (docs/adr/0016-saved-keys.md). Keys that can't be downloaded now stay in the ConfigMap as they were saved
 * before. Failures are logged, never thrown.
 */
export const saveKeys = async (options: SaveKeysOptions): Promise<void> => {
  const { kube, issuers, configMap, log } = options;
  if (configMap === undefined || issuers.length === 0) return;
  const entries = await Promise.all(issuers.map((issuer) => entryFor(options, issuer)));
  const data = Object.fromEntries(entries.flat());
  try {
    if (Object.keys(data).length > 0) await kube.patch('configmaps', configMap, { data });
  } catch (error) {
    log('WARNING', "the issuers' keys can't be saved", { error });
  }
};
