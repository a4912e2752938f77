export type Severity = 'INFO' | 'WARNING' | 'ERROR';

/** One JSON object a line, as log collectors in Kubernetes expect. Never a token, a password or a request body. */
export type Log = (severity: Severity, message: string, fields?: Record<string, unknown>) => void;

const causes = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error;
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    ...(error.cause ? { cause: causes(error.cause) } : {}),
  };
};

/** @param write where lines go; standard error by default, so that standard output stays free */
export const createLog =
  (component: string, write: (line: string) => void = (line) => process.stderr.write(line)): Log =>
  (severity, message, fields = {}) => {
    const { error, ...rest } = fields;
    const entry = { time: new Date().toISOString(), severity, component, message, ...rest };
    write(`${JSON.stringify(error === undefined ? entry : { ...entry, error: causes(error) })}\n`);
  };
