import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JSONWebKeySet } from 'jose';
import type { Kube } from '../kube/client.ts';
import type { Log } from '../log.ts';
import { downloadKeys } from './issuer-keys.ts';
import { isObject } from './rules.ts';
import type { TrustedIssuer } from './trusted-issuers.ts';

/** An issuer's keys as they were at some time, in milliseconds since 1970. */
export type SavedKeys = { issuer: string; at: number; keys: JSONWebKeySet };

const fileName = (issuer: string): string => `${createHash('sha256').update(issuer).digest('hex').slice(0, 32)}.json`;

const isKept = (value: unknown, issuer: string): value is SavedKeys => {
  const kept = value as Partial<SavedKeys> | null;
  return (
    kept?.issuer === issuer &&
    typeof kept.at === 'number' &&
    Array.isArray(kept.keys?.keys) &&
    kept.keys.keys.every(isObject)
  );
};

/** What was kept of an issuer's keys; undefined where nothing was, or nothing that makes sense. */
export const readSavedKeys = (folder: string, issuer: string): SavedKeys | undefined => {
  try {
    const value: unknown = JSON.parse(readFileSync(join(folder, fileName(issuer)), 'utf8'));
    return isKept(value, issuer) ? value : undefined;
  } catch {
    return undefined;
  }
};

export type SaveKeysOptions = {
  kube: Kube;
  issuers: readonly TrustedIssuer[];
  /** The ConfigMap that functions mount; nothing is kept without. */
  configMap: string | undefined;
  log: Log;
  now: () => Date;
};

const download = async (issuer: TrustedIssuer, { log, now }: SaveKeysOptions): Promise<[string, string][]> => {
  try {
    const keys = await downloadKeys(issuer);
    const kept: SavedKeys = { issuer: issuer.issuer, at: now().getTime(), keys };
    return isKept(kept, issuer.issuer) ? [[fileName(issuer.issuer), JSON.stringify(kept)]] : [];
  } catch (error) {
    log('WARNING', 'the keys of an issuer can not be loaded; the known ones stay', { issuer: issuer.issuer, error });
    return [];
  }
};

/**
 * Keeps every issuer's keys where functions that start during its outage find them (docs/adr/0016-saved-keys.md). What
 * can't be loaded now stays as it was.
 */
export const saveKeys = async (options: SaveKeysOptions): Promise<void> => {
  const { kube, issuers, configMap, log } = options;
  if (configMap === undefined || issuers.length === 0) return;
  const data = Object.fromEntries((await Promise.all(issuers.map((issuer) => download(issuer, options)))).flat());
  try {
    if (Object.keys(data).length > 0) await kube.patch('configmaps', configMap, { data });
  } catch (error) {
    log('WARNING', 'the keys of issuers can not be kept', { error });
  }
};
