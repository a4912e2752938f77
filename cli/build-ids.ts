import { type Context, flag, type Invocation, printHint } from './command.ts';
import { type ExitCode, exitCodes, Failure } from './failure.ts';

/** Length of the short form of a build's id, in characters. */
const shortLength = 10;
/** Matches the random part of a build's id, which differs from build to build. */
const randomPart = /-buildpacks-pipelinerun-([a-z0-9]+)$/;

/**
 * Returns the short form of a build's id for people: the last ten characters, or the id's random part where that is
 * shorter. The short form never begins with a dash, so that it is no option when the user types it.
 */
export const shortId = (id: string): string =>
  (randomPart.exec(id)?.[1] ?? id).slice(-shortLength).replace(/^[-.]+/, '');

/**
 * Asks the user to confirm a command that deletes or cancels something, unless the option -y was given.
 * @throws Failure when standard input ends without a reply, and when the user says no
 */
export const confirm = async ({ terminal }: Context, { values }: Invocation, question: string): Promise<void> => {
  if (flag(values, 'yes-i-know')) return;
  const reply = await terminal.confirm(question);
  if (reply === undefined) {
    throw new Failure(exitCodes.usage, 'This command needs a confirmation, and there is nobody to ask.', {
      hint: 'Pass -y to skip the confirmation.',
    });
  }
  if (!reply) throw new Failure(exitCodes.interrupted, 'Nothing was done.');
};

/**
 * Checks that the user gave either build ids or the option --all.
 * @throws Failure when the user gave both or neither
 */
export const requireIdsOrAll = (verb: string, { values, positionals }: Invocation): void => {
  const all = flag(values, 'all');
  if (all && positionals.length > 0) throw new Failure(exitCodes.usage, 'Give either ids or --all, not both.');
  if (!all && positionals.length === 0) {
    throw new Failure(exitCodes.usage, `No build passed to ${verb}.`, {
      hint: `Example: toolforge-build ${verb} BUILD_ID`,
    });
  }
};

/** The ids of builds to cancel or to delete, and the failures of the names that stand for no build. */
export type Targets = { ids: string[]; failures: Failure[] };

/**
 * Returns the question whether a command may cancel or delete builds. The question names the builds if the user named
 * them by a part of their ids, or by their positions.
 */
export const questionFor = (verb: string, { ids }: Targets, { positionals }: Invocation): string => {
  const isNamed = positionals.some((name) => !ids.includes(name));
  const shown = isNamed && ids.length > 0 ? ` (${ids.map(shortId).join(', ')})` : '';
  return `I'm going to ${verb} ${countBuilds(ids.length)}${shown}, continue?`;
};

/** The number of builds for which a command succeeded, and the exit code of the first failure. */
type Outcome = { done: number; exitCode: ExitCode };

/**
 * Calls `act` for each build id, one after the other. A failure is printed and does not stop the other builds. The
 * first failure is printed with its hint. The failures of names that stand for no build are printed first.
 * @param accepted exit code of failures to ignore: with --all, a build may end or be deleted before its turn comes
 */
export const forEachBuild = async (
  { terminal }: Context,
  { ids, failures }: Targets,
  act: (id: string) => Promise<void>,
  accepted?: ExitCode,
): Promise<Outcome> => {
  let done = 0;
  let exitCode: ExitCode = exitCodes.ok;
  const fail = (failure: Failure, message: string): void => {
    terminal.error(message);
    if (exitCode !== exitCodes.ok) return;
    printHint(terminal, failure);
    exitCode = failure.exitCode;
  };
  for (const failure of failures) fail(failure, failure.message);
  for (const id of ids) {
    try {
      await act(id);
      done += 1;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.exitCode === accepted) continue;
      fail(error, error.message.includes(id) ? error.message : `${shortId(id)}: ${error.message}`);
    }
  }
  return { done, exitCode };
};

/**
 * Prints for how many builds a command succeeded. Prints nothing when it failed for all of them, because the failures
 * have been printed, and "Cancelled 0 builds" reads like a success.
 * @returns the exit code of the command
 */
export const printDone = (
  { terminal }: Context,
  verb: 'Cancelled' | 'Deleted',
  { done, exitCode }: Outcome,
): ExitCode => {
  if (done > 0 || exitCode === exitCodes.ok) terminal.out(`${verb} ${countBuilds(done)}`);
  return exitCode;
};

/** Returns a number of builds in words: "1 build", "2 builds". */
const countBuilds = (count: number): string => `${count} ${count === 1 ? 'build' : 'builds'}`;
