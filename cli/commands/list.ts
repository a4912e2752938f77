import type { Build, ListResponse } from '../../openapi/generated/types.ts';
import { buildLines } from '../builds-table.ts';
import { flag, printJson, printMessages, type Run, text, type Values } from '../command.ts';
import { exitCodes, Failure } from '../failure.ts';
import { knownStatuses, listJson, statusWord } from '../format-builds.ts';
import type { Terminal } from '../terminal.ts';

/**
 * Returns the value of --limit.
 * @throws Failure for a value that is not a whole number from 1
 */
const limitFrom = (values: Values): number => {
  const given = text(values, 'limit');
  if (given === undefined) return Number.POSITIVE_INFINITY;
  if (/^[1-9]\d{0,6}$/.test(given)) return Number(given);
  throw new Failure(exitCodes.usage, `--limit takes a whole number from 1, not "${given}".`);
};

/**
 * Returns the statuses that --status names, separated by commas. Default: all.
 * @throws Failure that lists the statuses, for any other word
 */
const statusesFrom = (values: Values): ReadonlySet<string> => {
  const given = text(values, 'status')?.split(',') ?? knownStatuses;
  const wrong = given.find((word) => !knownStatuses.includes(word));
  if (wrong === undefined) return new Set(given);
  throw new Failure(exitCodes.usage, `--status takes ${knownStatuses.join(', ')}, not "${wrong}".`, {
    hint: 'Separate several statuses by commas: --status running,pending',
  });
};

/** Selects the builds that the options --limit and --status ask for. */
type Select = (builds: readonly Build[]) => Build[];

const selectionFrom = (values: Values): Select => {
  const [limit, statuses] = [limitFrom(values), statusesFrom(values)];
  return (builds) => builds.filter(({ status }) => statuses.has(statusWord(status))).slice(0, limit);
};

/** Returns the lines of the list, or a sentence where it has no builds. */
const linesOf = async ({ builds }: ListResponse, select: Select, terminal: Terminal): Promise<string[] | string> => {
  if (builds.length === 0) return 'No builds found. Start one: see `toolforge-build start --help`.';
  const selected = select(builds);
  if (selected.length === 0) return 'No builds found with that status.';
  return buildLines(selected, builds, terminal, Date.now());
};

/** Runs the command `list`, which prints the tool's builds, newest first. */
export const list: Run = async (context, { values }) => {
  const { terminal } = context;
  const select = selectionFrom(values);
  if (flag(values, 'watch')) {
    const { requireWatchable, watchLines } = await import('../watch.ts');
    requireWatchable(terminal, flag(values, 'json'));
    const { api } = await context.connect();
    return watchLines(context, api, (response) => linesOf(response, select, terminal));
  }
  const { api } = await context.connect();
  const response = await api.list();
  if (flag(values, 'json')) {
    printJson(context, listJson({ ...response, builds: select(response.builds) }));
    return exitCodes.ok;
  }
  printMessages(context, response.messages);
  const lines = await linesOf(response, select, terminal);
  if (typeof lines === 'string') terminal.info(lines);
  else for (const line of lines) terminal.out(line);
  return exitCodes.ok;
};
