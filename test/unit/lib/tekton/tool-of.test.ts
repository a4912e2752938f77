import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { buildId } from '../../../../lib/ledger/names.ts';
import type { BuildRecord } from '../../../../lib/ledger/types.ts';
import { pipelineRun, toolAnnotation } from '../../../../lib/tekton/run.ts';
import { buildsApiToolOf, toolOf } from '../../../../lib/tekton/tool-of.ts';
import { oldRun, oldRunName } from '../../../support/builds-api-run.ts';
import { toolName } from '../../../support/tool-names.ts';

const labelled = (name: string, labels: Record<string, string>, annotations: Record<string, string> = {}) => ({
  metadata: { name, labels, annotations },
});

test('a run of builds-api belongs to the tool in its label, from which its name was generated', () => {
  expect(toolOf(oldRun('mine'))).toBe('mine');
  expect(buildsApiToolOf(oldRun('mine'))).toBe('mine');
});

test('a TaskRun and a pod of builds-api belong to the tool of their run', () => {
  const run = oldRunName('mine');
  const labels = { user: 'mine', 'tekton.dev/pipelineRun': run };
  expect(toolOf(labelled(`${run}-build-from-git`, labels, { 'pipeline.tekton.dev/release': 'v0.59' }))).toBe('mine');
  expect(toolOf(labelled(`${run}-build-from-git-pod`, labels))).toBe('mine');
});

test('the name of a run that Kubernetes cut for a long tool still belongs to the tool', () => {
  for (const length of [34, 35, 58, 59, 63]) {
    const tool = 'a'.repeat(length);
    expect(oldRunName(tool)).toHaveLength(Math.min(63, length + 29));
    expect(toolOf(oldRun(tool))).toBe(tool);
  }
});

test.each<[string, Record<string, string>, Record<string, string>]>([
  ['mine-buildpacks-pipelinerun-abcde', {}, {}],
  ['mine-buildpacks-pipelinerun-abcde', { user: '' }, {}],
  ['mine-buildpacks-pipelinerun-abcde', { user: 'other' }, {}],
  ['mine-buildpacks-pipelinerun-abcde', { user: 'MINE' }, {}],
  ['mine-buildpacks-pipelinerun-abcde', { user: 'mine.' }, {}],
  ['mine-buildpacks-pipelinerun-abcde', { user: '__proto__' }, {}],
  ['mine-buildpacks-pipelinerun-abcdef', { user: 'mine' }, {}],
  ['mine-buildpacks-pipelinerun-', { user: 'mine' }, {}],
  ['mine-buildpacks-pipelinerun-ab-de', { user: 'mine' }, {}],
  ['mine', { user: 'mine' }, {}],
  ['nightly-report', { user: 'mine' }, {}],
  ['other-buildpacks-pipelinerun-abcde', { user: 'mine' }, {}],
  ['mine-buildpacks-pipelinerun-abcde', { user: 'mine', 'tekton.dev/pipelineRun': 'other' }, {}],
  ['mine-buildpacks-pipelinerun-abcde', { user: 'mine' }, { 'builds.toolforge.org/resolved-ref': 'x' }],
])('the object %s with the labels %j and the annotations %j belongs to no tool', (name, labels, annotations) => {
  expect(toolOf(labelled(name, labels, annotations))).toBeUndefined();
});

test('an annotation of this service counts more than a label', () => {
  const run = labelled(oldRunName('mine'), { user: 'mine' }, { [toolAnnotation]: 'other' });
  expect(toolOf(run)).toBe('other');
  expect(buildsApiToolOf(run)).toBeUndefined();
});

test('no run of this service is taken for one of builds-api, also where its annotations are lost', () => {
  const versions = { default: { builder: 'b', runner: 'r' } };
  const settings = { pipeline: 'p', versions, imageHost: 'registry.example', serviceAccount: 's', timeout: '1h0m0s' };
  fc.assert(
    fc.property(toolName, (tool) => {
      const build: BuildRecord = {
        ...{ id: buildId(tool), parameters: { source_url: 'u' }, sourceUrl: 'u', commit: 'c', image: 'i' },
        ...{ acceptedAt: '', message: '' },
        status: 'BUILD_PENDING',
        log: 'live',
      };
      const run = pipelineRun(build, tool, tool, settings, false);
      expect(buildsApiToolOf(run)).toBeUndefined();
      expect(buildsApiToolOf({ metadata: { ...run.metadata, annotations: {} } })).toBeUndefined();
    }),
  );
});
