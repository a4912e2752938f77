import { parseArgs } from 'node:util';
import type { Build } from '../../openapi/generated/types.ts';
import { shortId } from '../build-ids.ts';
import { type Completed, globalOptions, type Run, text, type Values } from '../command.ts';
import { type ConnectOptions, connect, sourcesOf } from '../connect.ts';
import { exitCodes, Failure } from '../failure.ts';
import { hasEnded, statusWord } from '../format-builds.ts';
import { openAccount } from '../session/account.ts';
import { apiAddress } from '../settings.ts';
import { version } from '../version.ts';

/** Time after which a completion ends without candidates, in milliseconds. The user waits for it. */
const deadlineMs = 3000;
/** Limit for the ref of a build in a description, in characters. */
const refLength = 40;

/** A candidate for a word of a command line, and its description. */
type Candidate = readonly [string, string];

/** Tells whether a candidate has no character that means something to a shell. */
const isPlain = ([candidate]: Candidate): boolean => /^[a-z0-9][-._a-z0-9]*$/.test(candidate);

/** Returns text of other people as part of a description: a shell may give other characters a meaning. */
const plainText = (value: string): string => value.slice(0, refLength).replace(/[^\w./: -]/g, '?');

const describe = ({ status, start_time, parameters }: Build): string =>
  [statusWord(status), start_time, parameters?.ref ?? ''].map(plainText).filter(Boolean).join(' ');

/**
 * Returns the builds whose short ids begin with a word, or whose whole ids do, where the user types a whole id.
 * @param others the words of the command line. A build that the user has named is no candidate again
 */
const candidateBuilds = (builds: Build[], word: string, others: readonly string[]): Candidate[] => {
  const named = (nameOf: (id: string) => string): Candidate[] =>
    builds
      .map((build) => [nameOf(build.build_id), describe(build)] as const)
      .filter(([name]) => name.startsWith(word) && !others.includes(name));
  const short = named(shortId);
  return short.length > 0 ? short : named((id) => id);
};

const ignore = (): void => {};

/**
 * A terminal for connections of which the user must see nothing. Security: a warning, for example that the token is sent
 * unencrypted, comes before the first request and ends the completion, because the user would not see it.
 */
const silent: ConnectOptions['terminal'] = {
  warning: (text) => {
    throw new Failure(exitCodes.unavailable, text);
  },
  retrying: ignore,
};

/**
 * Checks that the address on an unfinished command line is that of the settings. Security: the user has not entered the
 * command line, which may be a copied one, so its address must not get the credential.
 * @throws Failure for another address, and where the settings have none
 */
const requireOwnAddress = async (options: ConnectOptions): Promise<void> => {
  if (!options.apiUrl) return;
  const [typed, own] = await Promise.all(
    [options.apiUrl, undefined].map((apiUrl) => apiAddress(sourcesOf({ ...options, apiUrl }))),
  );
  if (typed?.href !== own?.href) throw new Failure(exitCodes.usage, 'The address is not that of the settings.');
};

/** Joins the words --tool, = and x again, into which bash splits --tool=x. */
const joined = (words: readonly string[]): string[] =>
  words
    .join('\0')
    .replaceAll(/\0=(?:\0|$)/g, '=')
    .split('\0');

/** Returns the values of the options for all commands in the words of an unfinished command line. */
const globalValues = (words: readonly string[]): Values => {
  const options = Object.fromEntries(Object.entries(globalOptions).map(([name, { type }]) => [name, { type }]));
  return parseArgs({ args: joined(words), options, strict: false, allowPositionals: true }).values;
};

const candidatesFor = async (kind: string, word: string, others: readonly string[]): Promise<Candidate[]> => {
  const values = globalValues(others);
  const [tool, apiUrl] = [text(values, 'tool'), text(values, 'api-url')];
  const options: ConnectOptions = {
    terminal: silent,
    env: process.env,
    tool,
    apiUrl,
    version,
    trace: ignore,
    mayTakeLong: false,
  };
  await requireOwnAddress(options);
  if (kind === ('tools' satisfies Completed)) {
    const { tools } = await (await openAccount({ ...options, tool: undefined })).whoami();
    return tools
      .map((one) => [one.tool, one.scopes.map(plainText).join(' ')] as const)
      .filter(([name]) => name.startsWith(word));
  }
  const { builds } = await (await connect(options)).api.list();
  const offered = kind === ('unfinished' satisfies Completed) ? builds.filter((build) => !hasEnded(build)) : builds;
  return candidateBuilds(offered, word, others);
};

/**
 * Runs the command `_complete`, which prints the candidates for a word of a command line: in each line a candidate, a tab
 * and a description. Any failure means that there are no candidates, because the user is typing.
 */
export const complete: Run = async ({ terminal }, { positionals: [kind = '', word = '', ...others] }) => {
  setTimeout(() => process.exit(exitCodes.ok), deadlineMs).unref();
  const candidates = await candidatesFor(kind, word, others).catch((): Candidate[] => []);
  for (const candidate of candidates.filter(isPlain)) terminal.out(candidate.join('\t'));
  return exitCodes.ok;
};
