/** What the process tells the shell. Part of the interface: scripts rely on the numbers. */
export const EXIT = {
  ok: 0,
  buildFailed: 1,
  usage: 2,
  notFound: 3,
  notAllowed: 4,
  refused: 5,
  unavailable: 6,
  interrupted: 130,
  brokenPipe: 141,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_MEANINGS: ReadonlyArray<readonly [ExitCode, string]> = [
  [EXIT.ok, 'done (start, wait: and the build succeeded)'],
  [EXIT.buildFailed, 'the build failed, was cancelled or timed out (start, wait)'],
  [EXIT.usage, 'wrong usage, missing settings, or the API found the input wrong'],
  [EXIT.notFound, 'there is no such build'],
  [EXIT.notAllowed, 'not authenticated, or not allowed'],
  [EXIT.refused, 'refused as things are: quota or queue full, build already finished'],
  [EXIT.unavailable, 'the API is unavailable or can not be reached safely'],
  [EXIT.interrupted, 'interrupted, or the question was answered with no'],
  [EXIT.brokenPipe, 'whoever read the output went away'],
];

/** Ends the command: `message` is a sentence for people, `hint` says what to do about it. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;

  constructor(exitCode: ExitCode, message: string, details: { hint?: string | undefined; cause?: unknown } = {}) {
    super(message, { cause: details.cause });
    this.exitCode = exitCode;
    this.hint = details.hint;
  }
}
