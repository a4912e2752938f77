const unitMs: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const amountPattern = /(\d+(?:\.\d+)?)(ns|us|µs|ms|h|m|s)/g;

/**
 * Parses a Go duration such as `1h30m`, `3s` or `0` into milliseconds. Returns undefined for other texts.
 * @see https://pkg.go.dev/time#ParseDuration
 */
export const parseDuration = (text: string): number | undefined => {
  if (text === '0') return 0;
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|h|m|s))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit = ''] of text.matchAll(amountPattern)) total += Number(amount) * (unitMs[unit] ?? 0);
  return total;
};

/** Formats milliseconds as Go's Duration.String does: `1h0m0s`, `1m30s`, `500ms`. */
export const formatDuration = (milliseconds: number): string => {
  if (milliseconds === 0) return '0s';
  if (milliseconds < 1000) return `${milliseconds}ms`;
  const hours = Math.floor(milliseconds / 3_600_000);
  const minutes = Math.floor(milliseconds / 60_000) % 60;
  const rest = (milliseconds % 60_000) / 1000;
  if (hours > 0) return `${hours}h${minutes}m${rest}s`;
  return minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
};
