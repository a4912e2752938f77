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
import { followBuild, printEnd, setFarewell } from '../follow-build.ts';
import { showJson } from '../format-builds.ts';
import { printable } from '../printable.ts';

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
  json: boolean,
): Promise<ExitCode> => {
  const { name } = response.new_build;
  setFarewell(context, name);
  printStarted(context, response);
  context.terminal.info(building(url, shortId(name)));
  const ended = await followBuild(context, connection, name, json);
  const exitCode = printEnd(context, ended);
  if (json) printJson(context, showJson(ended));
  return exitCode;
};

/**
 * Runs the command `start`: starts a build and, without --detach, follows its log. The exit code then tells whether the
 * build succeeded.
 */
export const start: Run = async (context, invocation) => {
  const parameters = parametersFrom(invocation);
  const connection = await context.connect();
  context.terminal.waiting('Starting…');
  // Every attempt to start a build sends the same Idempotency-Key, so that a retry does not start a second build.
  const response = await connection.api.start(parameters, crypto.randomUUID());
  context.terminal.clearSpinner();
  const json = flag(invocation.values, 'json');
  const { source_url: url } = parameters;
  return flag(invocation.values, 'detach')
    ? detached(context, response, url, json)
    : attached(context, connection, response, url, json);
};
