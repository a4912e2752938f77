import { type ExecFileException, execFile } from 'node:child_process';
import type { Environment } from '../environment.ts';
import { exitCodes, Failure } from '../failure.ts';
import { isToken } from '../token-text.ts';
import type { SessionToken } from './session-token.ts';

/** Share of a token's lifetime after which the command of TOOLFORGE_TOKEN_COMMAND runs again. */
const renewalShare = 0.8;
/** Assumed lifetime of a token that does not say when it expires, in milliseconds. */
const unknownLifetimeMs = 60_000;
/** Time limit of the command of TOOLFORGE_TOKEN_COMMAND, in milliseconds. */
const commandMs = 30_000;

/**
 * Returns the remaining lifetime of a JWT in milliseconds. The token's signature is not verified, because only the API
 * relies on the token.
 */
const lifetimeOf = (token: string, now: number): number => {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp?: unknown };
    return typeof exp === 'number' ? Math.max(0, exp * 1000 - now) : unknownLifetimeMs;
  } catch {
    return unknownLifetimeMs;
  }
};

/**
 * Returns why the command of TOOLFORGE_TOKEN_COMMAND failed. Security: Node's own message is not shown, because it
 * quotes the command, which may hold a secret.
 */
const reasonOf = ({ code, signal }: ExecFileException, stderr: string): string =>
  stderr.trim() || (signal ? `it was ended by ${signal}` : `exit code ${code}`);

const runCommand = (command: string, env: Environment): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile('sh', ['-c', command], { env, timeout: commandMs }, (error, stdout, stderr) => {
      const token = stdout.trim();
      if (!error && isToken(token)) return resolve(token);
      const reason = error ? `failed: ${reasonOf(error, stderr)}` : 'printed no token';
      const hint = 'The command must print one token.';
      reject(new Failure(exitCodes.usage, `TOOLFORGE_TOKEN_COMMAND ${reason}`, { hint }));
    });
  });

/**
 * Returns a function that returns the token that a command prints. The command runs again before the token expires,
 * because following a build may take longer than a token lasts.
 */
export const commandToken = (command: string, env: Environment): SessionToken => {
  let current: { token: string; renewAt: number } | undefined;
  return async () => {
    if (!current || Date.now() >= current.renewAt) {
      const token = await runCommand(command, env);
      current = { token, renewAt: Date.now() + lifetimeOf(token, Date.now()) * renewalShare };
    }
    return current.token;
  };
};
