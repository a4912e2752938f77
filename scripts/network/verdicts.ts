/** How one attempt to connect ended. `status`: the HTTP status, for an attempt that sent a request. */
export type Outcome = { connected: boolean; error?: string; status?: number };

/**
 * The outcome that an attempt must have. `open`: a connection. `closed`: no connection. `refused`: an HTTP response that refuses a
 * caller without a credential. `any`: the check only reports.
 */
export type Expectation = 'open' | 'closed' | 'refused' | 'any';

/** One attempt of a pod to connect, and what a wrong outcome means. */
export type Attempt = {
  /** Name of the pod that connects, among the pods of the check. */
  from: 'build' | 'other' | 'egress';
  /** The target, as a phrase for the report. */
  target: string;
  expected: Expectation;
  /** Sentence that says what an outcome means that is not as expected. */
  meaning: string;
};

export type Finding = Attempt & { outcome: Outcome; isWrong: boolean };

const refusals = [401, 403];

const isAsExpected = (expected: Expectation, { connected, status }: Outcome): boolean => {
  if (expected === 'any') return true;
  if (expected === 'closed') return !connected;
  if (expected === 'open') return connected;
  return !connected || refusals.includes(status ?? 0);
};

/** Compares the outcome of an attempt with what is expected. */
export const findingOf = (attempt: Attempt, outcome: Outcome): Finding => ({
  ...attempt,
  outcome,
  isWrong: !isAsExpected(attempt.expected, outcome),
});

const described = ({ connected, error, status }: Outcome): string => {
  if (!connected) return `not reached (${error ?? 'no response'})`;
  return status === undefined ? 'reached' : `reached, responds with ${status}`;
};

const sources = { build: 'a build', other: 'another pod', egress: 'a pod without egress' };

const lineOf = (finding: Finding): string => {
  const { from, target, expected, outcome, isWrong, meaning } = finding;
  const mark = isWrong ? 'WRONG' : expected === 'any' ? '-' : 'ok';
  const line = `${mark.padEnd(6)} ${sources[from]} → ${target}: ${described(outcome)}`;
  return isWrong ? `${line}\n       ${meaning}` : line;
};

/** Returns the report of a check: one line for each attempt, and the meaning of each wrong outcome. */
export const reportOf = (findings: readonly Finding[]): string => {
  const wrong = findings.filter(({ isWrong }) => isWrong).length;
  const summary =
    wrong === 0 ? 'The network of the builds is as it should be.' : `${wrong} of ${findings.length} are wrong.`;
  return [...findings.map(lineOf), '', summary].join('\n');
};
