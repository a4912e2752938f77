/** Returns the current time in milliseconds since 1970. */
export type Clock = () => number;

/** Formats a time as Kubernetes does: RFC 3339, whole seconds. */
export const seconds = (milliseconds: number): string => `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;

/** Cuts an RFC 3339 time to whole seconds. Returns undefined for other texts. */
export const wholeSeconds = (text: string): string | undefined => {
  const milliseconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  return Number.isNaN(milliseconds) ? undefined : seconds(Math.floor(milliseconds / 1000) * 1000);
};
