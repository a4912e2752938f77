import { types } from 'node:util';

type Severity = 'INFO' | 'WARNING' | 'ERROR';

/**
 * Writes a line to the log of this process. Security: messages and fields must not contain a token, a password or a
 * request's body.
 * @param fields searchable details of the line; an `error` among them is logged with its stack, and with its causes as far as they are errors
 */
export type Log = (severity: Severity, message: string, fields?: Record<string, unknown>) => void;

/** A log that keeps nothing. */
export const noLog: Log = () => undefined;

/** Tells whether a value is an error. Errors of Node itself are of another realm in tests. */
const isError = (value: unknown): value is Error => value instanceof Error || types.isNativeError(value);

/**
 * Describes an error for the log. Security: a cause that is no error is left out, because libraries put the body of a
 * response there, which can hold tokens.
 */
const describeError = (error: unknown): unknown => {
  if (!isError(error)) return String(error);
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    ...(isError(error.cause) ? { cause: describeError(error.cause) } : {}),
  };
};

/**
 * Makes a log with one JSON object per line, the format that log collectors in Kubernetes expect.
 * @param component name of the function that logs, which is in every line
 * @param write writes a line. Default: to standard error, because standard output is for the results of commands
 */
export const createLog =
  (component: string, write: (line: string) => void = (line) => process.stderr.write(line)): Log =>
  (severity, message, fields = {}) => {
    const { error, ...rest } = fields;
    const line = { time: new Date().toISOString(), severity, component, message, ...rest };
    write(`${JSON.stringify(error === undefined ? line : { ...line, error: describeError(error) })}\n`);
  };
