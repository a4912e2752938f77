import { toolLabel } from '../../../lib/ledger/names.ts';
import { toolAnnotation } from '../../../lib/tekton/run.ts';
import type { Fields } from './accounts.ts';

/** A change that makes a run hostile: what it is then, a part of the policy's message, and the change. */
type Hostile = [what: string, message: string, change: (object: Fields) => void];

const parameter = (run: Fields, name: string) => run.spec.params.find((one: Fields) => one.name === name);
const hostPath = { name: 'host', hostPath: { path: '/' } };
const steps = [{ name: 'a', image: 'evil.example/image', script: 'cat /var/run/secrets/*/*' }];

/** Makes a change of the image that a run pushes. */
const withImage =
  (change: (image: string) => string) =>
  (run: Fields): void => {
    const image = parameter(run, 'APP_IMAGE');
    image.value = change(image.value);
  };

/** Makes a change of the tool and the label of a run, which leaves the image as it was. */
const withTool =
  (tool: string, label = toolLabel(tool)) =>
  ({ metadata }: Fields): void => {
    metadata.annotations[toolAnnotation] = tool;
    metadata.labels.user = label;
  };

const longTool = 'e'.repeat(200);
const anyHash = '0123456789abcdef'.repeat(2);

/** Changes of a run of the tool `e2e` so that its image, its label and its tool are not of one tool. */
const foreignRuns: Hostile[] = [
  ['with the image of another tool', 'its own tool', withImage((image) => image.replaceAll('tool-e2e', 'tool-victim'))],
  [
    'with an image outside of all projects of tools',
    'its own tool',
    withImage((image) => image.replace('tool-e2e/tool-e2e', 'attack-final/victim')),
  ],
  [
    'with an image in a project whose name begins like its own',
    'its own tool',
    withImage((image) => image.replace('tool-e2e/', 'tool-e2e-x/')),
  ],
  [
    'with an image in a path that leaves its project',
    'its own tool',
    withImage((image) => image.replace('tool-e2e/', 'tool-e2e/../tool-victim/')),
  ],
  [
    'with an image below a repository of its project',
    'its own tool',
    withImage((image) => image.replace('tool-e2e/', 'tool-e2e/x/')),
  ],
  ['with an image without a name', 'its own tool', withImage((image) => image.replace('/tool-e2e:', '/:'))],
  [
    'with an image in another registry',
    'its own tool',
    withImage((image) => image.replace(/^[^/]*/, 'registry.evil.example')),
  ],
  [
    'with an image in a registry whose name begins like that of the settings',
    'its own tool',
    withImage((image) => image.replace('/', '.evil.example/')),
  ],
  [
    'with the builder image as the image that it pushes',
    'its own tool',
    (run) => Object.assign(parameter(run, 'APP_IMAGE'), { value: parameter(run, 'BUILDER_IMAGE').value }),
  ],
  ['with the tag of the cache', 'its own tool', withImage((image) => image.replace(/:latest$/, ':build-cache'))],
  ['with another tag', 'its own tool', withImage((image) => image.replace(/:latest$/, ':latest2'))],
  ['with an image without a tag', 'its own tool', withImage((image) => image.replace(/:latest$/, ''))],
  [
    'with a digest in the place of a tag',
    'its own tool',
    withImage((image) => image.replace(/:latest$/, `@sha256:${'0'.repeat(64)}`)),
  ],
  ['with a digest after the tag', 'its own tool', withImage((image) => `${image}@sha256:${'0'.repeat(64)}`)],
  ['with two lines as its image', 'its own tool', withImage((image) => `${image}\nvictim:latest`)],
  ['of a tool that has another image', 'its own tool', withTool('victim')],
  ['of a long tool that has another image', 'its own tool', withTool(longTool)],
  [
    'of a long tool with the project of another long tool',
    'its own tool',
    (run) => {
      withTool(longTool)(run);
      withImage((image) => image.replaceAll('tool-e2e', `tool-${'f'.repeat(88)}.${anyHash}`))(run);
    },
  ],
  [
    'of a long tool with a project that ends in no hash',
    'its own tool',
    (run) => {
      withTool(longTool)(run);
      withImage((image) => image.replaceAll('tool-e2e', `tool-${'e'.repeat(88)}.x`))(run);
    },
  ],
  ['with the label of another tool', 'must be that of the tool', withTool('e2e', 'victim')],
  ['without a label', 'must be that of the tool', ({ metadata }) => void delete metadata.labels],
  ['with the label of another long tool', 'must be that of the tool', withTool(longTool, `f.${anyHash}`)],
  ['with a label that ends in no hash', 'must be that of the tool', withTool(longTool, `${'e'.repeat(30)}.x`)],
  ['without a tool', 'name of its tool', ({ metadata }) => void delete metadata.annotations],
  ['of a tool whose name is a path', 'name of its tool', withTool('e2e/x', 'e2e')],
  ['of a tool whose name has the text between separators', 'name of its tool', withTool('e2e-char.sep_x')],
];

/** Changes of the run of a build that a ServiceAccount of the service must not make. Each completes "a run …". */
export const hostileRuns: Hostile[] = [
  [
    'with a pipeline of its own',
    'only these fields',
    ({ spec }) => {
      delete spec.pipelineRef;
      spec.pipelineSpec = { tasks: [{ name: 'a', taskSpec: { steps } }] };
    },
  ],
  ['of another pipeline', 'must name a Pipeline', ({ spec }) => Object.assign(spec.pipelineRef, { name: 'other' })],
  [
    'of the pipeline of other versions',
    'the Pipeline that belong to it',
    ({ spec }) => Object.assign(spec.pipelineRef, { name: `${spec.pipelineRef.name}-latest` }),
  ],
  [
    'of a pipeline that a resolver finds',
    'must name a Pipeline',
    ({ spec }) => {
      spec.pipelineRef = { resolver: 'git', params: [{ name: 'url', value: 'https://evil.example/r.git' }] };
    },
  ],
  [
    'that another controller runs',
    'only these fields',
    ({ spec }) => Object.assign(spec, { managedBy: 'evil.example/controller' }),
  ],
  [
    'under another ServiceAccount for its task',
    'ServiceAccount and the pod template',
    ({ spec }) => Object.assign(spec.taskRunSpecs[0], { serviceAccountName: 'sweep' }),
  ],
  [
    'under another ServiceAccount for all tasks',
    'ServiceAccount of builds',
    ({ spec }) => Object.assign(spec.taskRunTemplate, { serviceAccountName: 'sweep' }),
  ],
  [
    "with a volume of the node in its task's pod",
    'ServiceAccount and the pod template',
    ({ spec }) => Object.assign(spec.taskRunSpecs[0].podTemplate, { volumes: [hostPath] }),
  ],
  [
    'with a volume of the node in every pod',
    'no pod template of its own',
    ({ spec }) => Object.assign(spec.taskRunTemplate, { podTemplate: { volumes: [hostPath] } }),
  ],
  [
    "in the node's network",
    'no pod template of its own',
    ({ spec }) => Object.assign(spec.taskRunTemplate, { podTemplate: { hostNetwork: true } }),
  ],
  [
    'as root',
    'ServiceAccount and the pod template',
    ({ spec }) => Object.assign(spec.taskRunSpecs[0].podTemplate, { securityContext: { runAsUser: 0 } }),
  ],
  [
    'with other resources for a step',
    'ServiceAccount and the pod template',
    ({ spec }) => Object.assign(spec.taskRunSpecs[0], { stepSpecs: [{ name: 'build', computeResources: {} }] }),
  ],
  [
    'with settings for a second task',
    'ServiceAccount and the pod template',
    ({ spec }) => spec.taskRunSpecs.push({ pipelineTaskName: 'other', serviceAccountName: 'sweep' }),
  ],
  [
    'with a Secret as a workspace',
    'empty workspaces',
    ({ spec }) => spec.workspaces.splice(0, 1, { name: 'source-ws', secret: { secretName: 'registry-credentials' } }),
  ],
  [
    'with one more workspace from a Secret',
    'empty workspaces',
    ({ spec }) => spec.workspaces.push({ name: 'more', secret: { secretName: 'gateway' } }),
  ],
  [
    'with another builder image',
    'builder image',
    (run) => Object.assign(parameter(run, 'BUILDER_IMAGE'), { value: 'evil:1' }),
  ],
  ['with another run image', 'run image', (run) => Object.assign(parameter(run, 'RUN_IMAGE'), { value: 'evil:1' })],
  [
    'with the images of versions that the settings do not have',
    'builder image',
    (run) => {
      for (const name of ['BUILDER_IMAGE', 'RUN_IMAGE']) Object.assign(parameter(run, name), { value: '' });
    },
  ],
  ['with one more parameter', 'parameters', ({ spec }) => spec.params.push({ name: 'MORE', value: 'x' })],
  ['without parameters of builds', 'parameters', ({ spec }) => void spec.params.splice(0, 2)],
  [
    'with a second builder image',
    'parameters',
    ({ spec }) => spec.params.push({ name: 'BUILDER_IMAGE', value: 'evil:1' }),
  ],
  [
    'of a source on the disk',
    'http or https',
    (run) => Object.assign(parameter(run, 'SOURCE_URL'), { value: 'file:///etc' }),
  ],
  [
    'of a commit that is an option',
    'hash of a commit',
    (run) => Object.assign(parameter(run, 'SOURCE_REFERENCE'), { value: '--upload-pack=evil' }),
  ],
  [
    'with the label of a function',
    'only the label',
    ({ metadata }) => Object.assign(metadata.labels, { 'serving.knative.dev/service': 'start-build' }),
  ],
  [
    'with an annotation for its pod',
    'only the label',
    ({ metadata }) =>
      Object.assign(metadata.annotations, {
        'container.apparmor.security.beta.kubernetes.io/step-build': 'unconfined',
      }),
  ],
  ['with another finalizer', 'only the label', ({ metadata }) => void metadata.finalizers.push('evil.example/stay')],
  [
    'with an owner',
    'only the label',
    ({ metadata }) =>
      Object.assign(metadata, { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'x' }] }),
  ],
  [
    'that begins as pending',
    'begin as cancelled only',
    ({ spec }) => Object.assign(spec, { status: 'PipelineRunPending' }),
  ],
  ['with a time limit for its tasks', 'time limit', ({ spec }) => Object.assign(spec.timeouts, { tasks: '1m0s' })],
  ['with a longer time limit', 'time limit', ({ spec }) => Object.assign(spec.timeouts, { pipeline: '9h0m0s' })],
  ['without a time limit', 'time limit', ({ spec }) => Object.assign(spec.timeouts, { pipeline: '0s' })],
  [
    'with a Secret for the pull of its images',
    'no pod template of its own',
    ({ spec }) => Object.assign(spec.taskRunTemplate, { podTemplate: { imagePullSecrets: [{ name: 'gateway' }] } }),
  ],
  ...foreignRuns,
];
