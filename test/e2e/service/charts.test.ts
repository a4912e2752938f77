import { expect, test } from '@jest/globals';
import { render, smallestValues } from '../../support/helm.ts';
import { kubectl } from '../pipeline/cluster.ts';
import { gatewayNamespace } from './gateway.ts';
import { builds } from './service.ts';

const known = async (): Promise<Set<string>> =>
  new Set((await kubectl(['api-resources', '--no-headers'])).split('\n').map((line) => line.split(/\s+/).at(-1) ?? ''));

// The charts are applied as a dry run over what is deployed, because Knative asks for the ServiceAccount of each function.
test.each([
  ['builds-api', smallestValues, gatewayNamespace],
  ['builds-builder', {}, builds],
])('the API server accepts every object of the chart %s with the smallest values', async (chart, values, namespace) => {
  const kinds = await known();
  const objects = await render(chart, values, namespace);
  expect(objects.map(({ kind }) => kind).filter((kind) => !kinds.has(kind))).toEqual([]);
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  const output = await kubectl(['apply', '--dry-run=server', '-f', '-'], list);
  expect(output.trim().split('\n')).toEqual(objects.map(() => expect.stringContaining('(server dry run)')));
});
