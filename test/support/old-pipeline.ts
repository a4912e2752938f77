import type { KubeObject } from '../../lib/kube/resources.ts';

/** Text that the steps with credentials print. No reader of a log may see it. */
export const credential = 'credential-of-the-registry';

/** Password in a docker config. Tekton gives a Secret that is linked to the ServiceAccount to every step. */
export const linkedPassword = 'Qm7xT2vLp9RkW4sZ';

/** The docker config that Tekton writes from such a Secret. */
const dockerConfig = JSON.stringify({
  auths: {
    'registry.example': {
      username: 'robot$builder',
      password: linkedPassword,
      auth: Buffer.from(`robot$builder:${linkedPassword}`).toString('base64'),
    },
  },
});

/** Returns the text that a step prints. */
export const printedBy = (step: string): string => `${step} of builds-api`;

/** Steps of the pipeline of builds-api 2, in their order, and those that hold the registry's credentials. */
const steps = [
  ...['clone', 'prepare', 'copy-stack-toml', 'detect', 'inject-buildpacks', 'analyze', 'restore', 'build'],
  ...['fix-permissions', 'export', 'results'],
];
const stepsWithCredentials = ['analyze', 'restore', 'export'];
export const shownSteps = steps.filter((step) => !stepsWithCredentials.includes(step));

/** Body of a step. What the step build does depends on the repository's URL: its name says whether it fails or waits. */
const bodies: Record<string, string> = {
  detect: `echo '${dockerConfig}'`,
  build: 'case "$(params.SOURCE_URL)" in *fails*) exit 3;; *waits*) sleep 600;; esac',
  export:
    'printf sha256:%064d 7 > $(results.APP_IMAGE_DIGEST.path); printf %s:latest "$(params.APP_IMAGE)" > $(results.APP_IMAGE_URL.path)',
  results: 'echo "Built image $(params.APP_IMAGE):latest"',
};

const stepOf = (name: string, image: string) => ({
  name,
  image,
  // A node that pulls the image for each step of several builds at once exceeds its limit of pulls.
  imagePullPolicy: 'IfNotPresent',
  script: [
    '#!/bin/sh',
    `echo "${printedBy(name)}"`,
    ...(stepsWithCredentials.includes(name) ? [`echo "${credential}"`] : []),
    ...(bodies[name] ? [bodies[name]] : []),
  ].join('\n'),
});

const params = ['BUILDER_IMAGE', 'RUN_IMAGE', 'APP_IMAGE', 'SOURCE_URL', 'SOURCE_REFERENCE'].map((name) => ({
  name,
  type: 'string',
}));
const optionalParams = [
  { name: 'UNRESOLVED_SOURCE_REFERENCE', type: 'string', default: '' },
  { name: 'ENV_VARS', type: 'array', default: [] },
];
const results = ['APP_IMAGE_DIGEST', 'APP_IMAGE_URL'];

/**
 * Returns a Pipeline with the parameters, workspaces, steps and results of builds-api 2. The steps build nothing.
 * @param image an image with a shell
 */
export const oldPipeline = (name: string, image: string): KubeObject =>
  ({
    apiVersion: 'tekton.dev/v1',
    kind: 'Pipeline',
    metadata: { name },
    spec: {
      params: [...params, ...optionalParams],
      workspaces: ['source-ws', 'cache-ws', 'aptbuildpack-ws'].map((workspace) => ({ name: workspace })),
      results: results.map((result) => ({ name: result, value: `$(tasks.build-from-git.results.${result})` })),
      tasks: [
        {
          name: 'build-from-git',
          params: params.map((param) => ({ name: param.name, value: `$(params.${param.name})` })),
          workspaces: [{ name: 'source-ws', workspace: 'source-ws' }],
          taskSpec: {
            params,
            workspaces: [{ name: 'source-ws' }],
            results: results.map((result) => ({ name: result })),
            steps: steps.map((step) => stepOf(step, image)),
          },
        },
      ],
    },
  }) as KubeObject;
