import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { kubectl } from '../pipeline/cluster.ts';

const overlay = join(import.meta.dirname, '../../../knative/overlays/toolforge');

/** It can't be deployed beside the one under test: nothing is changed. */
test('what an operator of Toolforge starts from is taken by the API server, every object of it', async () => {
  const manifests = await kubectl(['kustomize', overlay]);
  const objects = manifests.match(/^kind: /gm) ?? [];
  const answer = await kubectl(['apply', '--dry-run=server', '-f', '-'], manifests);
  expect(answer.trim().split('\n')).toEqual(objects.map(() => expect.stringContaining('(server dry run)')));
});
