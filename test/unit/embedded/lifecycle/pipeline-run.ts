import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildpacksPipeline } from '../../../../embedded/lifecycle/pipeline.ts';

type Step = { name: string; command: string[]; args: string[]; results: { name: string }[] };
type Pipeline = { spec: { tasks: { taskSpec: { steps: Step[] } }[] } };
type StepRun = { name: string; exitCode: number; output: string; results: Record<string, string> };
export type BuildRun = { steps: StepRun[]; failed: StepRun | undefined; digest: string };
export type BuildOptions = {
  /** Folder with images and build caches, which several builds share. */
  data: string;
  url: string;
  commit: string;
  ref?: string;
  image?: string;
  runImage?: string;
  variables?: string[];
  /** Limit for the storage of one tool's images in bytes. Default: no limit. */
  limitBytes?: number;
};

export const temporaryFolder = async (): Promise<string> => mkdtemp(join(tmpdir(), 'lifecycle-test-'));

/**
 * Replaces Tekton's variables $(…) in the words of a command. A word that is a whole array becomes the array's items.
 */
const substitute = (words: string[], values: Record<string, string>, variables: string[]): string[] =>
  words.flatMap((word) => {
    if (word === '$(params.ENV_VARS[*])') return variables;
    return [word.replace(/\$\(([^()]+)\)/g, (_, name: string) => values[name] ?? `missing ${name}`)];
  });

export const runProgram = async (words: string[]): Promise<{ exitCode: number; output: string }> => {
  const child = spawn(words[0] ?? '', words.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  const exitCode = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
  return { exitCode, output };
};

const runStep = async (
  step: Step,
  workspace: string,
  params: Record<string, string>,
  variables: string[],
): Promise<StepRun> => {
  const paths = step.results.map(({ name }) => [`step.results.${name}.path`, join(workspace, `${step.name}.${name}`)]);
  const values = { ...params, 'workspaces.source-ws.path': workspace, ...Object.fromEntries(paths) };
  const run = await runProgram(substitute([...step.command, ...step.args], values, variables));
  const results: Record<string, string> = {};
  for (const { name } of step.results) {
    results[name] = await readFile(join(workspace, `${step.name}.${name}`), 'utf8').catch(() => '');
  }
  return { name: step.name, ...run, results };
};

/** Runs the steps of the embedded pipeline in order, as Tekton does. No step runs after a failed step. */
export const runBuild = async (options: BuildOptions): Promise<BuildRun> => {
  const {
    data,
    url,
    commit,
    ref = 'main',
    image = 'registry.example.org/tool-x/web:latest',
    runImage = 'local/run:host',
  } = options;
  const pipeline = buildpacksPipeline({
    namespace: 'image-build',
    node: process.execPath,
    imagesFolder: join(data, 'images'),
    cacheFolder: join(data, 'cache'),
    builderImage: 'local/builder:host',
    submodules: { allowHttp: true, allowedAddresses: '127.0.0.0/8' },
    ...(options.limitBytes === undefined ? {} : { limitBytes: options.limitBytes }),
  }) as Pipeline;
  const params = {
    'params.SOURCE_URL': url,
    'params.SOURCE_REFERENCE': commit,
    'params.UNRESOLVED_SOURCE_REFERENCE': ref,
    'params.APP_IMAGE': image,
    'params.RUN_IMAGE': runImage,
  };
  const workspace = await temporaryFolder();
  const steps: StepRun[] = [];
  try {
    for (const step of pipeline.spec.tasks[0]?.taskSpec.steps ?? []) {
      const run = await runStep(step, workspace, params, options.variables ?? []);
      steps.push(run);
      if (run.exitCode !== 0) break;
    }
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
  const last = steps.at(-1);
  const failed = steps.find(({ exitCode }) => exitCode !== 0);
  return { steps, failed, digest: last?.results.APP_IMAGE_DIGEST ?? '' };
};
