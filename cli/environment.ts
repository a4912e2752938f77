/** Environment variables by their names. Functions take them as an argument, so that tests can pass other variables. */
export type Environment = Record<string, string | undefined>;
