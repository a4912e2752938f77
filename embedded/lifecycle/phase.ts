import { parseArgs } from 'node:util';

/**
 * Exit codes of the steps of a build: those of the real lifecycle (platform specification 0.14). The script of the step
 * clone has its own.
 */
export const exitCodes = {
  invalidArguments: 3,
  nothingDetected: 20,
  detectBroke: 21,
  buildpackFailed: 51,
  exportFailed: 62,
} as const;

/**
 * Thrown when a phase of a build fails for a reason that the user should read. `exitCode` is the exit code of the step.
 */
export class PhaseError extends Error {
  override readonly name = 'PhaseError';
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

export type Say = (line: string) => void;
export type Arguments = { values: Record<string, string>; positionals: string[] };

/**
 * Parses the command line of a phase: options `--name=value` and positional arguments.
 * @throws PhaseError 3 when a required option is missing
 */
export const readArguments = (words: string[], required: string[], optional: string[] = []): Arguments => {
  const options = Object.fromEntries([...required, ...optional].map((name) => [name, { type: 'string' as const }]));
  const { values, positionals } = parseArgs({ args: words, options, allowPositionals: true });
  const missing = required.filter((name) => values[name] === undefined);
  if (missing.length > 0) throw new PhaseError(exitCodes.invalidArguments, `Missing options: ${missing.join(', ')}`);
  return { values: values as Record<string, string>, positionals };
};

/**
 * Decodes %24 and %25 in a parameter of a run. The API encodes dollar and percent signs, because Tekton would replace
 * the text after a dollar sign.
 */
export const decoded = (value: string): string => value.replaceAll('%24', '$').replaceAll('%25', '%');

/**
 * Runs a phase of a build as the program of this process. Each line of output begins with the phase's name, and an
 * error sets the exit code.
 */
export const runPhase = async (name: string, phase: (words: string[], say: Say) => Promise<void>): Promise<void> => {
  const say: Say = (line) => void process.stdout.write(`[${name}] ${line}\n`);
  try {
    await phase(process.argv.slice(2), say);
  } catch (error) {
    const exitCode = error instanceof PhaseError ? error.exitCode : 1;
    for (const line of (error as Error).message.split('\n')) process.stderr.write(`[${name}] ERROR: ${line}\n`);
    process.exitCode = exitCode;
  }
};
