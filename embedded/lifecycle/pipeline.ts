import { join } from 'node:path';

/** Name of the Pipeline of builds. It is the default of the setting PIPELINE. */
export const pipelineName = 'toolforge-builds';

export type PipelineOptions = {
  namespace: string;
  /** Path of the Node.js program that runs the steps of a build. */
  node: string;
  /** Folder with the OCI layouts of built images and of run images. */
  imagesFolder: string;
  /** Folder of the build caches of the buildpacks, one per image. */
  cacheFolder: string;
  /** Builder image of a run whose parameters name no builder image. */
  builderImage: string;
  /** Limit for the storage of one tool's images in bytes. Default: no limit. */
  limitBytes?: number;
  /** Rules for the addresses of submodules, as start-build has them for the address of a repository. */
  submodules: {
    allowHttp: boolean;
    /** Private networks in CIDR notation, separated by commas. */
    allowedAddresses: string;
  };
};

const root = join(import.meta.dirname, '..', '..');
const source = '$(workspaces.source-ws.path)';
const folders = [`--app=${source}/workspace`, `--layers=${source}/layers`];
const shared = [...folders, `--platform=${source}/platform`, `--buildpacks=${join(root, 'buildpacks')}`];
const strings = [
  'BUILDER_IMAGE',
  'RUN_IMAGE',
  'APP_IMAGE',
  'SOURCE_URL',
  'SOURCE_REFERENCE',
  'UNRESOLVED_SOURCE_REFERENCE',
];
const results = ['APP_IMAGE_URL', 'APP_IMAGE_DIGEST'];

/**
 * Returns the steps of the embedded pipeline. Values of parameters are separate arguments of a step, `--name=value` or
 * after `--`, and never pass through a shell.
 */
const stepsFor = ({ node, imagesFolder, cacheFolder, limitBytes, submodules }: PipelineOptions) => {
  const step = (name: string, args: string[], stepResults: string[] = []) => ({
    name,
    image: '$(params.BUILDER_IMAGE)',
    command: [node, join(import.meta.dirname, 'step.ts')],
    env: [{ name: 'STEP_LOG_MARK', value: '$(context.taskRun.uid)' }],
    args: ['--failure=$(step.results.failure.path)', join(import.meta.dirname, `${name}.ts`), ...args],
    results: ['failure', ...stepResults].map((result) => ({ name: result, type: 'string' })),
  });
  const [url, commit] = ['--url=$(params.SOURCE_URL)', '--commit=$(params.SOURCE_REFERENCE)'];
  const rules = [`--allow-http=${submodules.allowHttp}`, `--allowed-addresses=${submodules.allowedAddresses}`];
  const image = ['--image=$(params.APP_IMAGE)', `--cache=${cacheFolder}`];
  return [
    step('clone', [url, commit, '--ref=$(params.UNRESOLVED_SOURCE_REFERENCE)', ...rules, `--app=${source}/workspace`]),
    step('detect', [...shared, commit, '--', '$(params.ENV_VARS[*])']),
    step('build', [...shared, ...image]),
    step(
      'export',
      [
        ...folders,
        ...image,
        url,
        commit,
        '--run-image=$(params.RUN_IMAGE)',
        `--images=${imagesFolder}`,
        '--url-result=$(step.results.APP_IMAGE_URL.path)',
        '--digest-result=$(step.results.APP_IMAGE_DIGEST.path)',
        ...(limitBytes === undefined ? [] : [`--limit=${limitBytes}`]),
      ],
      results,
    ),
  ];
};

const parameters = ({ builderImage }: PipelineOptions) => {
  const texts = strings.map((name) => ({ name, type: 'string' }));
  const [builder, ...others] = texts;
  return [{ ...builder, default: builderImage }, ...others, { name: 'ENV_VARS', type: 'array', default: [] }];
};

/**
 * Returns a Tekton Pipeline of the embedded platform, whose steps are programs of this machine.
 * @param name name of the Pipeline. Default: `pipelineName`
 */
export const buildpacksPipeline = (options: PipelineOptions, name = pipelineName): object => {
  const params = parameters(options);
  const workspaces = ['source-ws', 'cache-ws'].map((name) => ({ name }));
  const task = {
    name: 'build-from-git',
    params: [
      ...strings.map((name) => ({ name, value: `$(params.${name})` })),
      { name: 'ENV_VARS', value: ['$(params.ENV_VARS[*])'] },
    ],
    workspaces: workspaces.map(({ name }) => ({ name, workspace: name })),
    taskSpec: {
      params,
      workspaces,
      // The task's results are results of the step export. A later step could overwrite a result of the task, but can't
      // write a result of another step.
      results: results.map((name) => ({ name, type: 'string', value: `$(steps.export.results.${name})` })),
      steps: stepsFor(options),
    },
  };
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'Pipeline',
    metadata: { name, namespace: options.namespace },
    spec: {
      params,
      workspaces,
      results: results.map((name) => ({ name, type: 'string', value: `$(tasks.build-from-git.results.${name})` })),
      tasks: [task],
    },
  };
};
