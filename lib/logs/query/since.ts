const durationPattern = /^(?=\d)(?:(\d{1,5})d)?(?:(\d{1,6})h)?(?:(\d{1,8})m)?(?:(\d{1,10})s)?$/;
const unitMs = [86_400_000, 3_600_000, 60_000, 1000];

/**
 * Returns the milliseconds of a duration such as `10m` or `1d12h`: days, hours, minutes and seconds, in this order.
 * Undefined for any other text.
 */
const durationMs = (text: string): number | undefined => {
  const parts = durationPattern.exec(text)?.slice(1);
  return parts?.reduce((sum, part = '0', at) => sum + Number(part) * (unitMs[at] ?? 0), 0);
};

/**
 * Returns the time that a client's parameter `since` means, which is checked later. A duration counts back from now. A
 * blank before the offset was a plus sign: clients forget to encode it, and a plus in a query means a blank.
 * @param isResumed whether the client resumes a log at a cursor. It then repeats the parameters of its first request, so
 * a duration, which would count back from a later time and skip lines, is left out
 */
export const sinceTime = (since: string | undefined, now: Date, isResumed: boolean): string | undefined => {
  if (since === undefined) return undefined;
  const ms = durationMs(since);
  if (ms === undefined) return since.replace(/(:\d\d(?:\.\d+)?) (\d\d:\d\d)$/, '$1+$2');
  return isResumed ? undefined : new Date(Math.max(0, now.getTime() - ms)).toISOString();
};
