import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { kubectl } from '../pipeline/cluster.ts';

const overlay = join(import.meta.dirname, '../../../knative/overlays/toolforge');

// This test applies Toolforge's overlay as a dry run, because it can't be deployed beside the overlay for tests.
test("the API server accepts every object of Toolforge's overlay", async () => {
  const manifests = await kubectl(['kustomize', overlay]);
  const objects = manifests.match(/^kind: /gm) ?? [];
  const output = await kubectl(['apply', '--dry-run=server', '-f', '-'], manifests);
  expect(output.trim().split('\n')).toEqual(objects.map(() => expect.stringContaining('(server dry run)')));
});
