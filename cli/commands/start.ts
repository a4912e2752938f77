import type { BuildParameters, StartResponse } from '../../openapi/generated/types.ts';
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
 * Returns the environment variables that the user gave with the option -e.
 * @throws Failure for a value that is not NAME=value
 */
const environment = (values: Values): Record<string, string> | undefined => {
  const given = values.envvar;
  if (!Array.isArray(given)) return undefined;
  const pairs = given.map(String).map((pair) => {
    const separator = pair.indexOf('=');
    if (separator > 0) return [pair.slice(0, separator), pair.slice(separator + 1)];
    throw new Failure(exitCodes.usage, `-e takes NAME=value, not "${pair}".`);
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

const detached = (context: Context, response: StartResponse, json: boolean): ExitCode => {
  if (json) {
    printJson(context, response);
    return exitCodes.ok;
  }
  printStarted(context, response);
  const { name, parameters } = response.new_build;
  context.terminal.out(`Building '${printable(parameters.source_url)}', build name is '${printable(name)}'`);
  context.terminal.out(`You can see the status with:\n\ttoolforge-build show ${printable(name)}`);
  return exitCodes.ok;
};

const attached = async (
  context: Context,
  connection: Connection,
  response: StartResponse,
  json: boolean,
): Promise<ExitCode> => {
  const { name, parameters } = response.new_build;
  setFarewell(context, name);
  printStarted(context, response);
  context.terminal.info(`Building '${parameters.source_url}', build name is '${name}'`);
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
  return flag(invocation.values, 'detach')
    ? detached(context, response, json)
    : attached(context, connection, response, json);
};
