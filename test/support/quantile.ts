/**
 * Returns the value at a share of the sorted values, such as 0.5 for the middle, without interpolation. NaN for no
 * values.
 */
export const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;

/** Returns the median of the values. For an even number of values, returns the upper of the two in the middle. */
export const median = (values: readonly number[]): number => quantile(values, 0.5);
