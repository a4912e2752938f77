export const ledgersPath = '/apis/builds.toolforge.org/v1alpha1/namespaces/ns/buildledgers';
export const runsPath = '/apis/tekton.dev/v1/namespaces/ns/pipelineruns';
export const podsPath = '/api/v1/namespaces/ns/pods';
export const secretsPath = '/api/v1/namespaces/ns/secrets';

export const ledger = (name: string, spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'builds.toolforge.org/v1alpha1',
  kind: 'BuildLedger',
  metadata: { name, ...metadata },
  spec,
});

export const secret = (name: string, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, ...metadata },
});

export const pod = (name: string, containers: string[] = ['a'], metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...metadata },
  spec: { containers: containers.map((container) => ({ name: container, image: 'any' })) },
});
