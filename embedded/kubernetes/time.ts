/** Milliseconds since the epoch. */
export type Clock = () => number;

/** A time as Kubernetes writes it: RFC 3339, whole seconds. */
export const seconds = (milliseconds: number): string => `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;

/** Splits an RFC 3339 time into its whole seconds; undefined when it is none. */
export const wholeSeconds = (text: string): string | undefined => {
  const milliseconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  return Number.isNaN(milliseconds) ? undefined : seconds(Math.floor(milliseconds / 1000) * 1000);
};
