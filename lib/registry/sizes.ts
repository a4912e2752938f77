/** Storage of a tool's images in bytes. `limitBytes` is undefined where there is no limit. */
export type Storage = { usedBytes: number; limitBytes: number | undefined };

/** The row of the quota response about a tool's storage, with sizes such as "1.00Gi". */
export type StorageItem = { name: 'Storage'; limit: string; used: string; available: string; capacity: string };

const units = ['B', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi'] as const;
const unlimited = 'Unlimited';

/** Formats a size in binary units with two decimals, such as "1.00Gi". Sizes below 1 Ki are whole bytes. */
export const formatBytes = (bytes: number): string => {
  if (bytes < 1024) return `${Math.max(0, Math.round(bytes))}B`;
  let [value, unit] = [bytes, 0];
  // A size that would be shown as 1024.00 of a unit is shown as 1.00 of the next unit.
  while (Number(value.toFixed(2)) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(2)}${units[unit]}`;
};

/**
 * Returns the used share of a tool's storage limit: 1 for all of the limit, more where the limit is exceeded. 0 without
 * a limit; 1 where the limit is 0.
 */
export const usedShare = ({ usedBytes, limitBytes }: Storage): number => {
  if (limitBytes === undefined) return 0;
  return limitBytes > 0 ? usedBytes / limitBytes : 1;
};

/** Formats a share of the storage in whole percent, rounded down: 100% appears only where no storage is left. */
const formatShare = (share: number): string => `${Math.floor(share * 100)}%`;

/** Returns the row of the quota response for a tool's storage. */
export const storageItem = (storage: Storage): StorageItem => {
  const { usedBytes, limitBytes } = storage;
  return {
    name: 'Storage',
    limit: limitBytes === undefined ? unlimited : formatBytes(limitBytes),
    used: formatBytes(usedBytes),
    available: limitBytes === undefined ? unlimited : formatBytes(Math.max(0, limitBytes - usedBytes)),
    capacity: formatShare(usedShare(storage)),
  };
};
