/** Exit codes of `toolforge-build`. Scripts rely on these numbers. */
export const exitCodes = {
  ok: 0,
  buildFailed: 1,
  usage: 2,
  notFound: 3,
  notAllowed: 4,
  refused: 5,
  unavailable: 6,
  timedOut: 124,
  interrupted: 130,
  brokenPipe: 141,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The meaning of each exit code of `toolforge-build`, as `--help` prints it. */
export const exitCodeMeanings: ReadonlyArray<readonly [ExitCode, string]> = [
  [exitCodes.ok, 'the command succeeded (start, wait: and the build succeeded)'],
  [exitCodes.buildFailed, 'the build failed, was cancelled or timed out (start, wait)'],
  [exitCodes.usage, 'wrong usage, a missing setting, or the API rejected the input'],
  [exitCodes.notFound, 'the build does not exist'],
  [exitCodes.notAllowed, 'not authenticated, or not allowed'],
  [exitCodes.refused, 'refused in the current state: quota or queue full, build already finished'],
  [exitCodes.unavailable, 'the API is unavailable, or can not be reached safely'],
  [exitCodes.timedOut, 'the build had not ended when --timeout had passed (wait)'],
  [exitCodes.interrupted, 'interrupted, or the question was answered with no'],
  [exitCodes.brokenPipe, 'the reader of the output closed the pipe'],
];

type Details = { hint?: string | undefined; cause?: unknown };

/**
 * An expected error, which ends a `toolforge-build` command with an exit code. `message` says what is wrong, `hint`
 * says what to do.
 */
export class Failure extends Error {
  override readonly name: string = 'Failure';
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;

  constructor(exitCode: ExitCode, message: string, { hint, cause }: Details = {}) {
    super(message, { cause });
    this.exitCode = exitCode;
    this.hint = hint;
  }
}
