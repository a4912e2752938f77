/**
 * Returns a quantile of the values without interpolation: for a `share` of 0.5 the middle value, for 1 the largest. NaN
 * when there are no values.
 */
export const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;

/** Returns the median of the values. For an even number of values, returns the upper of the two in the middle. */
export const median = (values: readonly number[]): number => quantile(values, 0.5);
