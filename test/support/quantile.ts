/** The value below which such a share of these lies, as measured: nothing between two values. NaN of none. */
export const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;

/** The upper one, of an even number. */
export const median = (values: readonly number[]): number => quantile(values, 0.5);
