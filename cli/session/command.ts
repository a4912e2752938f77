import { type ExecFileException, execFile } from 'node:child_process';
import { EXIT, Failure } from '../failure.ts';
import type { SessionToken } from './session.ts';

/** A token is asked for anew after this much of its life. */
const SHARE_OF_LIFE = 0.8;
const UNKNOWN_LIFE = 60_000;

/** Milliseconds that a JWT lasts from now; it is not checked here, only read. */
function lifeOf(token: string, now: number): number {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp?: unknown };
    return typeof exp === 'number' ? Math.max(0, exp * 1000 - now) : UNKNOWN_LIFE;
  } catch {
    return UNKNOWN_LIFE;
  }
}

/** Not Node's own message, which holds the command, and with it what secrets stand there. */
const failureOf = ({ code, signal }: ExecFileException, stderr: string): string =>
  stderr.trim() || (signal ? `it was ended by ${signal}` : `exit code ${code}`);

const runCommand = (command: string, env: Record<string, string | undefined>): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile('sh', ['-c', command], { env, timeout: 30_000 }, (error, stdout, stderr) => {
      const token = stdout.trim();
      if (!error && token !== '' && !/\s/.test(token)) return resolve(token);
      const why = error ? `failed: ${failureOf(error, stderr)}` : 'printed no token';
      reject(new Failure(EXIT.usage, `TOOLFORGE_TOKEN_COMMAND ${why}`, { hint: 'It must print one token.' }));
    });
  });

/** Tokens that a command prints: for CI, where one token may not last as long as a build. */
export function commandToken(command: string, env: Record<string, string | undefined>): SessionToken {
  let known: { token: string; until: number } | undefined;
  return async () => {
    if (!known || Date.now() >= known.until) {
      const token = await runCommand(command, env);
      known = { token, until: Date.now() + lifeOf(token, Date.now()) * SHARE_OF_LIFE };
    }
    return known.token;
  };
}
