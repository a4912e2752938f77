/**
 * Step clone of the embedded pipeline: runs the script of the cluster's step clone, so that both platforms have the same
 * rules and sentences for a repository and its submodules.
 */
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runScript } from './buildpacks.ts';
import { baseEnvironment, type Environment } from './environment.ts';
import { readArguments, runPhase } from './phase.ts';

const script = join(import.meta.dirname, '../../knative/charts/builds-builder/files/steps/clone.sh');

/** Options of the step, each with the variable in which the script gets the option's value. */
const variables = {
  'max-bytes': 'CLONE_MAX_BYTES',
  'max-seconds': 'CLONE_MAX_SECONDS',
  'allow-http': 'SOURCE_ALLOW_HTTP',
  'allowed-addresses': 'SOURCE_ALLOWED_ADDRESSES',
};

const clone = async (words: string[]): Promise<void> => {
  const { values } = readArguments(words, ['url', 'commit', 'ref', 'app'], Object.keys(variables));
  const { url = '', commit = '', ref = '', app = '' } = values;
  const options: Environment = Object.fromEntries(
    Object.entries(variables).flatMap(([option, name]) => {
      const value = values[option];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const { TMPDIR = tmpdir() } = process.env;
  const { exitCode } = await runScript('bash', {
    folder: process.cwd(),
    environment: { ...baseEnvironment(process.env), ...options, TMPDIR },
    words: [script, url, commit, ref, resolve(app)],
  });
  process.exitCode = exitCode;
};

await runPhase('clone', clone);
