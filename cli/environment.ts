/** Environment variables. Functions take them as an argument, so that tests can pass their own. */
export type Environment = Record<string, string | undefined>;
