import { afterEach, expect, test } from '@jest/globals';
import { type Json, kubectl } from '../pipeline/cluster.ts';
import { builds, until } from './service.ts';

const name = 'e2e-wrong-setting';
afterEach(() => kubectl(['delete', 'ksvc', name, '--namespace', builds, '--ignore-not-found']));

type Container = { env?: Json[]; [field: string]: unknown };
type Service = { spec: { template: { spec: { containers: Container[]; volumes?: Json[] } } } };
type Status = { status?: { conditions?: { type: string; message?: string }[] } };

/** A copy of list-builds with a setting of its own. @returns what Knative says of it */
const messageOf = async (variable: string, value: string): Promise<string> => {
  const get = (service: string) => kubectl(['get', 'ksvc', service, '--namespace', builds, '-o', 'json']);
  const { spec } = JSON.parse(await get('list-builds')) as Service;
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
  await until('Knative says why', async () => {
    const { status } = JSON.parse(await get(name)) as Status;
    message = status?.conditions?.find(({ type }) => type === 'ConfigurationsReady')?.message ?? '';
    return message !== '';
  });
  return message;
};

test.each([
  ['LIMIT_RUNNING', '-1', 'LIMIT_RUNNING must be a whole number from 1 to 1000'],
  ['S3_ENDPOINT', 'nowhere', 'S3_ENDPOINT must be empty or an http or https URL without credentials'],
  ['GATEWAY_SECRET_FILE', '/secrets/missing', 'GATEWAY_SECRET_FILE must be empty or the path of a readable file'],
])('a function with %s=%s does not start, and says so', async (variable, value, said) => {
  expect(await messageOf(variable, value)).toContain(said);
});
