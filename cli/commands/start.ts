import type { BuildParameters, StartResponse } from '../../openapi/generated/types.ts';
import { showJson } from '../builds.ts';
import {
  type Context,
  flag,
  type Invocation,
  printJson,
  type Run,
  tellMessages,
  text,
  type Values,
} from '../context.ts';
import { EXIT, type ExitCode, Failure } from '../failure.ts';
import { neutral } from '../plain.ts';
import { goesOn, tellEnd, type Watching, watch } from '../watch.ts';

function environment(values: Values): Record<string, string> | undefined {
  const given = values.envvar;
  if (!Array.isArray(given)) return undefined;
  const pairs = given.map(String).map((pair) => {
    const at = pair.indexOf('=');
    if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)];
    throw new Failure(EXIT.usage, `-e takes NAME=value, not "${pair}".`);
  });
  return Object.fromEntries(pairs) as Record<string, string>;
}

function parametersFrom({ values, positionals }: Invocation): BuildParameters {
  const url = positionals[0];
  if (!url) {
    throw new Failure(EXIT.usage, 'Please provide a git url for your source code.', {
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
}

function tellStarted(context: Context, { new_build: build, messages }: StartResponse): void {
  tellMessages(context, messages);
  const said = messages?.info?.some((message) => message.includes('queue'));
  if (build.queue_position && !said)
    context.terminal.info(`The build waits at position ${build.queue_position} of the queue.`);
}

function detached(context: Context, answer: StartResponse, json: boolean): ExitCode {
  if (json) {
    printJson(context, answer);
    return EXIT.ok;
  }
  tellStarted(context, answer);
  const { name, parameters } = answer.new_build;
  context.terminal.out(`Building '${neutral(parameters.source_url)}', build name is '${neutral(name)}'`);
  context.terminal.out(`You can see the status with:\n\ttoolforge-build show ${neutral(name)}`);
  return EXIT.ok;
}

async function attached(context: Context, watching: Watching, answer: StartResponse, json: boolean): Promise<ExitCode> {
  const { name, parameters } = answer.new_build;
  goesOn(context, neutral(name));
  tellStarted(context, answer);
  context.terminal.info(`Building '${parameters.source_url}', build name is '${name}'`);
  const ended = await watch(context, watching, name, json);
  const exitCode = tellEnd(context, ended);
  if (json) printJson(context, showJson(ended));
  return exitCode;
}

/** Starts a build and, unless detached, follows its log; fails when the build does. */
export const start: Run = async (context, invocation) => {
  const parameters = parametersFrom(invocation);
  const watching = await context.connect();
  context.terminal.waiting('Starting…');
  // One key for all attempts: however often this is sent, it is one build.
  const answer = await watching.api.start(parameters, crypto.randomUUID());
  context.terminal.settle();
  const json = flag(invocation.values, 'json');
  return flag(invocation.values, 'detach')
    ? detached(context, answer, json)
    : attached(context, watching, answer, json);
};
