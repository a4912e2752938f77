import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ObjectStore } from '../kubernetes/store.ts';
import type { Step, TaskRun, TaskSpec, WorkspaceBinding } from '../kubernetes/tekton-types.ts';
import type { Container, Draft, Pod } from '../kubernetes/types.ts';
import type { Context } from './context.ts';
import { ownedBy } from './context.ts';
import { childName } from './names.ts';
import { paramVariables } from './params.ts';
import type { PodFolder } from './pod-folder.ts';
import { makePodFolder, podFolder, writeScript } from './pod-folder.ts';
import type { Variables } from './substitute.ts';
import { substitute, substituteList } from './substitute.ts';

const entrypoint = 'tekton-entrypoint';

/** Returns the name of a step's container: `step-NAME`, or with its position when the step has no name. */
export const containerName = (step: Step, index: number): string =>
  step.name ? `step-${step.name}` : `step-unnamed-${index}`;

/** Creates a TaskRun's pod and the files in its folder: scripts and workspaces. */
export const createTaskPod = ({ objects, folder: base }: Context, run: TaskRun, spec: TaskSpec): Pod => {
  const uid = randomUUID();
  const folder = podFolder(base, uid);
  makePodFolder(folder);
  bindWorkspaces(objects, run, folder);
  return objects.create('pods', taskPod(run, spec, folder, uid));
};

const taskPod = (run: TaskRun, spec: TaskSpec, folder: PodFolder, uid: string): Draft<Pod> => {
  const { metadata } = run;
  const scripts = spec.steps.some(({ script }) => script !== undefined);
  const inits = scripts ? ['prepare', 'place-scripts'] : ['prepare'];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: childName(metadata.name, '-pod'),
      namespace: metadata.namespace,
      uid,
      labels: { ...metadata.labels, 'tekton.dev/taskRun': metadata.name, 'tekton.dev/taskRunUID': metadata.uid },
      // Tekton sets this annotation when the steps may begin. Here they may begin at once.
      annotations: { ...metadata.annotations, 'tekton.dev/ready': 'READY' },
      ownerReferences: ownedBy(run),
    },
    spec: {
      initContainers: inits.map((name) => ({ name, image: entrypoint })),
      containers: containersOf(run, spec, folder),
      restartPolicy: 'Never',
    },
  };
};

const containersOf = (run: TaskRun, spec: TaskSpec, folder: PodFolder): Container[] => {
  const shared = taskVariables(run, spec, folder);
  return spec.steps.map((step, index) => {
    const name = containerName(step, index);
    const own = (step.results ?? []).map(({ name: result }): [string, string] => [
      `step.results.${result}.path`,
      folder.stepResult(name, result),
    ]);
    return containerOf(step, name, index, new Map([...shared, ...own]), folder);
  });
};

const containerOf = (step: Step, name: string, index: number, variables: Variables, folder: PodFolder): Container => {
  const env = step.env?.map((variable) =>
    variable.value === undefined ? variable : { ...variable, value: substitute(variable.value, variables) },
  );
  return {
    name,
    image: substitute(step.image, variables),
    ...commandOf(step, index, variables, folder),
    ...(env ? { env } : {}),
    ...(step.workingDir ? { workingDir: substitute(step.workingDir, variables) } : {}),
  };
};

const commandOf = (
  step: Step,
  index: number,
  variables: Variables,
  folder: PodFolder,
): Pick<Container, 'command' | 'args'> => {
  const args = step.args ? { args: substituteList(step.args, variables) } : {};
  if (step.script === undefined) {
    return step.command ? { command: substituteList(step.command, variables), ...args } : args;
  }
  mkdirSync(join(folder.path, 'scripts'), { recursive: true });
  writeScript(folder.script(index), substitute(step.script, variables));
  return { command: [folder.script(index)], ...args };
};

const taskVariables = (run: TaskRun, spec: TaskSpec, folder: PodFolder): Variables => {
  const { name, namespace, uid, labels = {} } = run.metadata;
  const bound = new Map(run.spec.workspaces?.map((workspace) => [workspace.name, workspace]));
  return new Map([
    ...paramVariables(spec.params, run.spec.params),
    ...(spec.results ?? []).map((result): [string, string] => [
      `results.${result.name}.path`,
      join(folder.results, result.name),
    ]),
    ...(spec.workspaces ?? []).map((workspace): [string, string] => [
      `workspaces.${workspace.name}.path`,
      workspacePath(folder, bound.get(workspace.name) ?? workspace),
    ]),
    ...[...bound.keys()].map((key): [string, string] => [`workspaces.${key}.bound`, 'true']),
    ['context.taskRun.name', name],
    ['context.taskRun.namespace', namespace],
    ['context.taskRun.uid', uid],
    ['context.pipelineRun.name', labels['tekton.dev/pipelineRun'] ?? ''],
  ]);
};

const workspacePath = (folder: PodFolder, { name, subPath }: WorkspaceBinding): string =>
  join(folder.bound(name), subPath ?? '');

/** Makes the folders of a TaskRun's workspaces: empty, or with the keys of a secret as files. */
const bindWorkspaces = (objects: ObjectStore, run: TaskRun, folder: PodFolder): void => {
  for (const binding of run.spec.workspaces ?? []) {
    const path = workspacePath(folder, binding);
    mkdirSync(path, { recursive: true });
    const secret = binding.secret && objects.get('secrets', run.metadata.namespace, binding.secret.secretName);
    for (const [key, value] of Object.entries(secret?.data ?? {})) {
      writeFileSync(join(path, key), Buffer.from(value, 'base64'), { mode: 0o600 });
    }
  }
  for (const { name } of run.spec.taskSpec?.workspaces ?? []) mkdirSync(folder.bound(name), { recursive: true });
};
