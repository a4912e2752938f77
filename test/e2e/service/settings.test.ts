import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Json, kubectl } from '../pipeline/cluster.ts';
import { builds, until } from './service.ts';

/** Name of the deployed function. Each test uses a new name, because pods of a deleted function end with a delay. */
let name = '';
beforeEach(() => {
  name = `e2e-wrong-${randomBytes(4).toString('hex')}`;
});
afterEach(() => kubectl(['delete', 'ksvc', name, '--namespace', builds]));

type Container = { env?: Json[]; [field: string]: unknown };
type Service = { spec: { template: { spec: { containers: Container[]; volumes?: Json[] } } } };
type Terminated = { terminated?: { message?: string } };
type Pods = {
  items: { status: { containerStatuses?: { name: string; state?: Terminated; lastState?: Terminated }[] } }[];
};

/** Returns the termination message of the deployed function: the end of its output, which Kubernetes keeps. */
const terminationMessage = async (): Promise<string> => {
  const selector = `serving.knative.dev/service=${name}`;
  const { items } = JSON.parse(
    await kubectl(['get', 'pods', '--namespace', builds, '-l', selector, '-o', 'json']),
  ) as Pods;
  const statuses = items
    .flatMap(({ status }) => status.containerStatuses ?? [])
    .filter((one) => one.name === 'function');
  return statuses.map(({ state, lastState }) => (state?.terminated ?? lastState?.terminated)?.message ?? '').join('');
};

/**
 * Deploys a copy of the function cancel-build with a wrong setting. That function reads settings of the ledger, of the
 * object store and of the gateway.
 * @returns the copy's termination message
 */
const messageOf = async (variable: string, value: string): Promise<string> => {
  const get = (service: string) => kubectl(['get', 'ksvc', service, '--namespace', builds, '-o', 'json']);
  const { spec } = JSON.parse(await get('cancel-build')) as Service;
  for (const container of spec.template.spec.containers)
    container.env = [...(container.env ?? []).filter((one) => one.name !== variable), { name: variable, value }];
  const metadata = { name, namespace: builds, labels: { 'networking.knative.dev/visibility': 'cluster-local' } };
  const copy = {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    metadata,
    spec: { template: { spec: spec.template.spec } },
  };
  await kubectl(['apply', '-f', '-'], JSON.stringify(copy));
  let message = '';
  await until('the function has stopped', async () => {
    message = await terminationMessage();
    return message !== '';
  });
  return message;
};

test.each([
  ['LIMIT_RUNNING', '-1', 'LIMIT_RUNNING must be a whole number from 1 to 1000'],
  ['S3_ENDPOINT', 'nowhere', 'S3_ENDPOINT must be empty or an http or https URL without credentials'],
  ['GATEWAY_SECRET_FILE', '/secrets/missing', 'GATEWAY_SECRET_FILE must be empty or the path of a readable file'],
])('a function with %s=%s does not start, and its message names the setting', async (variable, value, sentence) => {
  expect(await messageOf(variable, value)).toContain(sentence);
});
