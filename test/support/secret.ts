import type { Secret } from '../../lib/secret.ts';

/** Makes a secret that never changes. The first value is the one to use. */
export const fixedSecret = (...values: string[]): Secret => ({ values: () => values, refresh: () => undefined });
