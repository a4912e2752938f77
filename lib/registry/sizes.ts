/** What a tool's images take up, in bytes; no limit where it is undefined. */
export type Storage = { usedBytes: number; limitBytes: number | undefined };

/** One line of the quota answer, as people read it. */
export type StorageItem = { name: 'Storage'; limit: string; used: string; available: string; capacity: string };

const units = ['B', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi'] as const;
const unlimited = 'Unlimited';

/** A size in binary units with two decimals, such as "1.00Gi"; whole bytes below 1 Ki. */
export const formatBytes = (bytes: number): string => {
  if (bytes < 1024) return `${Math.max(0, Math.round(bytes))}B`;
  let [value, unit] = [bytes, 0];
  // What would be shown as 1024.00 is one of the next unit.
  while (Number(value.toFixed(2)) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(2)}${units[unit]}`;
};

/** How much of the limit is used: 1 is all of it. 0 without a limit, 1 where nothing at all is allowed. */
export const usedShare = ({ usedBytes, limitBytes }: Storage): number => {
  if (limitBytes === undefined) return 0;
  return limitBytes > 0 ? usedBytes / limitBytes : 1;
};

/** Whole percent, rounded down: 100% is said only where nothing is left. */
const formatShare = (share: number): string => `${Math.floor(share * 100)}%`;

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
