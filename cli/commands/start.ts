import type { BuildParameters, StartResponse } from '../../openapi/generated/types.ts';
import { shortId } from '../build-ids.ts';
import {
  type Context,
  flag,
  type Invocation,
  printJson,
  printMessages,
  type Run,
  text,
  type Values,
} from '../command.ts';
import type { Connection } from '../connect.ts';
import { type ExitCode, exitCodes, Failure } from '../failure.ts';
import { beginFollowing, followBuild, notifyOfEnd, printEnd, setFarewell } from '../follow-build.ts';
import { showJson } from '../format-builds.ts';
import { printable } from '../printable.ts';
import { quoted } from '../shell-words.ts';

/**
 * Returns the environment variables that the user gave with the option -e. A name alone becomes NAME=NAME, as in
 * Toolforge's Python client, because documented commands of tools rely on that.
 * @throws Failure for a value without a name
 */
const environment = (values: Values): Record<string, string> | undefined => {
  const given = values.envvar;
  if (!Array.isArray(given)) return undefined;
  const pairs = given.map(String).map((pair) => {
    const [name = '', value = name] = pair.split(/=(.*)/s);
    if (name !== '') return [name, value];
    throw new Failure(exitCodes.usage, `-e takes NAME=value or NAME, not "${pair}".`);
  });
  return Object.fromEntries(pairs) as Record<string, string>;
};

const parametersFrom = ({ values, positionals }: Invocation): BuildParameters => {
  const url = positionals[0];
  if (!url) {
    throw new Failure(exitCodes.usage, 'Please provide a git url for your source code.', {
      hint: "Example: toolforge-build start 'https://gitlab.wikimedia.org/toolforge-repos/my-tool'",
    });
  }
  const [ref, image, envvars] = [text(values, 'ref'), text(values, 'image-name'), environment(values)];
  return {
    source_url: url,
    ...(ref ? { ref } : {}),
    ...(image ? { image_name: image } : {}),
    ...(envvars ? { envvars } : {}),
    ...(flag(values, 'use-latest-versions') ? { use_latest_versions: true } : {}),
    ...(flag(values, 'use-deprecated-versions') ? { use_deprecated_versions: true } : {}),
  };
};

/**
 * Prints the messages in the response to a start, and the build's position in the queue unless a message mentions the
 * queue.
 */
const printStarted = (context: Context, { new_build: build, messages }: StartResponse): void => {
  printMessages(context, messages);
  const mentionsQueue = messages?.info?.some((message) => message.includes('queue'));
  if (build.queue_position && !mentionsQueue)
    context.terminal.info(`The build waits at position ${build.queue_position} of the queue.`);
};

const building = (url: string, name: string): string =>
  `Building '${printable(url)}', build name is '${printable(name)}'`;

const detached = (context: Context, response: StartResponse, url: string, json: boolean): ExitCode => {
  if (json) {
    printJson(context, response);
    return exitCodes.ok;
  }
  printStarted(context, response);
  const { name } = response.new_build;
  context.terminal.out(building(url, name));
  context.terminal.out(`You can see the status with:\n\ttoolforge-build show ${shortId(name)}`);
  return exitCodes.ok;
};

const attached = async (
  context: Context,
  connection: Connection,
  response: StartResponse,
  url: string,
  values: Values,
): Promise<ExitCode> => {
  const { name } = response.new_build;
  const json = flag(values, 'json');
  setFarewell(context, name);
  printStarted(context, response);
  context.terminal.info(building(url, shortId(name)));
  const following = beginFollowing(context, connection, name, json);
  const ended = await followBuild(following);
  const exitCode = printEnd(context, ended, following.progress);
  notifyOfEnd(context, flag(values, 'notify'), name, ended.build.status);
  if (json) printJson(context, showJson(ended));
  return exitCode;
};

/**
 * Returns the key of a start: every attempt sends the same one, so that a retry does not start a second build.
 * @throws Failure for a key that the API does not take
 */
const keyFrom = (values: Values): string => {
  const key = text(values, 'idempotency-key');
  if (key === undefined) return crypto.randomUUID();
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new Failure(exitCodes.usage, '--idempotency-key takes 1 to 255 printable ASCII characters without blanks.');
};

/**
 * Sends the request of a start. Ctrl-C and a failure say whether a build may have been started: the request may have
 * arrived although its response did not.
 */
const sendStart = async (
  context: Context,
  { api }: Connection,
  parameters: BuildParameters,
  key: string,
): Promise<StartResponse> => {
  const unknown = [
    'The service has not answered, so a build may have been started. See: toolforge-build list',
    `Start it without a second build: the same command with --idempotency-key ${quoted(key)}`,
  ];
  const none = ['No build was started.'];
  let isUnknown = false;
  const onAttempt = () => {
    context.farewell = unknown;
  };
  const onFailedAttempt = (wasRefused: boolean) => {
    isUnknown ||= !wasRefused;
    context.farewell = isUnknown ? unknown : none;
  };
  try {
    return await api.start(parameters, key, { onAttempt, onFailedAttempt });
  } catch (error) {
    if (!isUnknown || !(error instanceof Failure)) throw error;
    const hint = [error.hint, ...unknown].filter(Boolean).join('\n');
    throw new Failure(error.exitCode, error.message, { hint, cause: error.cause });
  }
};

/**
 * Runs the command `start`: starts a build and, without --detach, follows its log. The exit code then tells whether the
 * build succeeded.
 */
export const start: Run = async (context, { values, positionals }) => {
  const parameters = parametersFrom({ values, positionals });
  const key = keyFrom(values);
  context.farewell = ['No build was started.'];
  const connection = await context.connect();
  context.terminal.waiting('Starting…');
  const response = await sendStart(context, connection, parameters, key);
  context.terminal.clearSpinner();
  const { source_url: url } = parameters;
  return flag(values, 'detach')
    ? detached(context, response, url, flag(values, 'json'))
    : attached(context, connection, response, url, values);
};
