const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** Names of the units of time, each with its length in milliseconds, the longest first. */
const units = [
  ['d', dayMs],
  ['h', hourMs],
  ['min', minuteMs],
  ['s', secondMs],
] as const;

/** Returns the length of a time in its two largest units: "42 s", "1 min 5 s", "2 h", "3 d 4 h". Negative counts as 0. */
export const durationText = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / secondMs)) * secondMs;
  const first = Math.max(
    0,
    units.findIndex(([, length]) => seconds >= length),
  );
  if (seconds < secondMs) return '0 s';
  let rest = seconds;
  const parts = units.slice(first, first + 2).map(([name, length]) => {
    const count = Math.floor(rest / length);
    rest -= count * length;
    return count > 0 ? `${count} ${name}` : '';
  });
  return parts.filter(Boolean).join(' ');
};

/** Returns how long ago something was, in its largest unit only: "42 s", "5 min", "3 d". Negative counts as 0. */
export const ageText = (ms: number): string => {
  const [name, length] = units.find(([, unit]) => ms >= unit) ?? ['s', secondMs];
  return `${Math.max(0, Math.floor(ms / length))} ${name}`;
};

/** Returns a running time as a clock shows it: "0:42", "12:05", "1:02:03". Negative counts as 0. */
export const clockText = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / secondMs));
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
};

const unitOfLetter: Record<string, number> = { d: dayMs, h: hourMs, m: minuteMs, s: secondMs };

/** Returns a duration such as 90, 90s, 10m, 1h30m or 2d in milliseconds; undefined for other text, and for 0. */
export const parseDuration = (text: string): number | undefined => {
  if (/^\d{1,7}$/.test(text)) return Number(text) * secondMs || undefined;
  if (!/^(?:\d{1,7}[dhms])+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+)([dhms])/g)];
  return parts.reduce((sum, [, count, unit = 's']) => sum + Number(count) * (unitOfLetter[unit] ?? 0), 0) || undefined;
};
