import { randomBytes } from 'node:crypto';
import type { AppPlatform, RunningApp } from '../../support/app-platform.ts';
import { type Build, build } from '../pipeline/builds.ts';
import { eventually, makeNamespace, type Namespace } from '../pipeline/cluster.ts';
import { startGitServer } from '../pipeline/git-pod.ts';
import { startImage, toolUser } from '../pipeline/image-pod.ts';
import { imageName, removeImage } from '../pipeline/registry.ts';
import { installTestPipeline, testBuilder } from '../pipeline/test-builder.ts';
import { startPackageMirror } from './package-mirror.ts';
import { record } from './records.ts';

type PodStatus = { status: { containerStatuses?: { state: { terminated?: { exitCode: number } } }[] } };

/** Removes the marks that the pipeline writes for the readers of a log. */
const withoutMarks = (log: string): string => log.replaceAll(/\[log-mark [^\]]+\] .*\n/g, '');

/** Returns the outputs of the step build, and of the failed step, in the form of the embedded platform. */
const asBuildRun = async ({ failed, log, results }: Build) => {
  const names = [...new Set(['build', ...(failed ? [failed.step] : [])])];
  const readStep = async (name: string) => {
    // A step after a failed one has no output.
    const output = withoutMarks(await log(name).catch(() => ''));
    const own = name === failed?.step ? failed : { exitCode: 0, message: '' };
    return { name, exitCode: own.exitCode, output, results: { failure: own.message } };
  };
  const steps = await Promise.all(names.map(readStep));
  const failedStep = failed && steps.find(({ name }) => name === failed.step);
  return { steps, failed: failedStep, digest: results.APP_IMAGE_DIGEST ?? '' };
};

const runApp = async (namespace: Namespace, page: (url: string) => Promise<string>, pod: string, ip: string) => {
  const exitCode = async (): Promise<number> => {
    const { status } = await namespace.get<PodStatus>('pod', pod);
    const ended = status.containerStatuses?.[0]?.state.terminated;
    if (ended === undefined) throw new Error(`The process of the pod ${pod} still runs.`);
    return ended.exitCode;
  };
  return {
    page: async (path = '/') => {
      const text = await page(`http://${ip}:8000${path}`);
      record({ page: text });
      return text;
    },
    // A program in the container sends the signal, because the log of a deleted pod is lost.
    signal: async () => void (await namespace.kubectl(['exec', pod, '--', 'bash', '-c', 'kill -TERM 1'])),
    output: () => namespace.kubectl(['logs', pod]),
    ended: () => eventually(exitCode),
    stop: async () => void (await namespace.kubectl(['delete', 'pod', pod, '--wait=false', '--grace-period=0'])),
  } satisfies RunningApp;
};

/**
 * Prepares builds and images on a cluster, with the builder of the variable TEST_BUILDER.
 * @param builderImage another image of that builder
 */
export const clusterApps = async (builderImage = testBuilder().builderImage): Promise<AppPlatform> => {
  const prefix = `languages-test/${randomBytes(4).toString('hex')}`;
  const paths = new Set<string>();
  const mirror = await startPackageMirror();
  const namespace = await makeNamespace();
  await installTestPipeline(namespace);
  const git = await startGitServer(namespace);
  let count = 0;
  return {
    serve: git.copy,
    build: async ({ image, variables = [], ...source }) => {
      paths.add(`${prefix}/${image}`);
      const destination = imageName(`${prefix}/${image}:latest`);
      const run = await build(namespace, {
        ...source,
        builderImage,
        image: destination,
        variables: [...mirror.variables, ...variables],
      });
      record({ image, digest: run.results.APP_IMAGE_DIGEST ?? '', failed: run.failed?.step ?? '' });
      return asBuildRun(run);
    },
    start: async ({ image, digest, process: type, args = [] }) => {
      count += 1;
      const pod = `app-${count}`;
      const command = type === undefined ? {} : { command: [`/cnb/process/${type}`] };
      const reference = imageName(`${prefix}/${image}@${digest}`);
      const ip = await startImage(namespace, pod, reference, { user: toolUser, args, ...command });
      return runApp(namespace, git.fetch, pod, ip);
    },
    close: async () => {
      await mirror.close();
      for (const path of paths) for (const tag of ['latest', 'build-cache']) await removeImage(path, tag);
      await namespace.remove();
    },
  };
};
