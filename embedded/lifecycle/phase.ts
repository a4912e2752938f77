import { parseArgs } from 'node:util';

/** Exit statuses of the real lifecycle (platform specification 0.14), and git's own 128 for clone. */
export const exitCodes = {
  clone: 128,
  invalidArguments: 3,
  nothingDetected: 20,
  detectBroke: 21,
  buildpackFailed: 51,
  exportFailed: 62,
} as const;

/** A phase ends for a reason that the user should read. */
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

/** Reads `--name=value` options, of which the named ones must be there, then positional words. */
export const readArguments = (words: string[], required: string[], optional: string[] = []): Arguments => {
  const options = Object.fromEntries([...required, ...optional].map((name) => [name, { type: 'string' as const }]));
  const { values, positionals } = parseArgs({ args: words, options, allowPositionals: true });
  const missing = required.filter((name) => values[name] === undefined);
  if (missing.length > 0) throw new PhaseError(exitCodes.invalidArguments, `Missing options: ${missing.join(', ')}`);
  return { values: values as Record<string, string>, positionals };
};

/** The API writes a dollar sign as %24 and a percent sign as %25, as Tekton would replace what follows a dollar. */
export const decoded = (value: string): string => value.replaceAll('%24', '$').replaceAll('%25', '%');

/** Runs a phase as this process' program: its lines carry its name, its error becomes the exit status. */
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
