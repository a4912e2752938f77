import type { Api } from './api.ts';
import { type Context, flag, type Invocation } from './context.ts';
import { EXIT, type ExitCode, Failure } from './failure.ts';

/** The id on the command line, else the newest build's. */
export async function idOrLatest(api: Api, { positionals }: Invocation): Promise<string> {
  return positionals[0] ?? (await api.latest()).build.build_id;
}

/** @throws Failure when nobody can be asked, and when the answer is no */
export async function confirm({ terminal }: Context, { values }: Invocation, question: string): Promise<void> {
  if (flag(values, 'yes-i-know')) return;
  if (!terminal.interactive) {
    throw new Failure(EXIT.usage, 'Nobody is there to be asked.', { hint: 'Pass -y to do it without a question.' });
  }
  if (!(await terminal.confirm(question))) throw new Failure(EXIT.interrupted, 'Nothing was done.');
}

/** @throws Failure unless there are ids or --all, and not both */
export function requireChoice(verb: string, { values, positionals }: Invocation): void {
  const all = flag(values, 'all');
  if (all && positionals.length > 0) throw new Failure(EXIT.usage, 'Give either ids or --all, not both.');
  if (!all && positionals.length === 0) {
    throw new Failure(EXIT.usage, `No build passed to ${verb}.`, { hint: `Example: toolforge-build ${verb} BUILD_ID` });
  }
}

/**
 * Does something to each build; a failure is told and does not stop the others.
 * @param accepted an exit code that counts as done, as when a build ended by itself meanwhile
 */
export async function each(
  { terminal }: Context,
  ids: string[],
  action: (id: string) => Promise<void>,
  accepted?: ExitCode,
): Promise<{ done: number; exitCode: ExitCode }> {
  let done = 0;
  let exitCode: ExitCode = EXIT.ok;
  for (const id of ids) {
    try {
      await action(id);
      done += 1;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.exitCode === accepted) continue;
      terminal.error(`${id}: ${error.message}`);
      exitCode = exitCode === EXIT.ok ? error.exitCode : exitCode;
    }
  }
  return { done, exitCode };
}

export const builds = (count: number): string => `${count} ${count === 1 ? 'build' : 'builds'}`;
