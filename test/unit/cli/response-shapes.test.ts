import { expect, test } from '@jest/globals';
import { isBuildId, isResponse, type ResponseKey } from '../../../cli/response-shapes.ts';

const build = { build_id: 'demo-1', status: 'BUILD_SUCCESS' };

test.each<[ResponseKey, object]>([
  ['builds', { builds: [] }],
  ['builds', { builds: [{ ...build, end_time: null, log: 'complete', parameters: null, more: [1] }], messages: {} }],
  ['build', { build: { ...build, queue_position: 2, parameters: { envvars: { A: '1' } } } }],
  ['new_build', { new_build: { name: 'demo-1', parameters: { source_url: 'x' } }, messages: { info: ['a'] } }],
  ['new_build', { new_build: { name: 'demo-1' } }],
  ['id', { id: 'demo-1' }],
  ['messages', { messages: { info: [] } }],
  ['quota', { quota: { categories: [] } }],
  ['quota', { quota: { categories: [{ name: 'a', items: [{ name: 'b', limit: null }] }] } }],
  ['tools', { tools: [{ tool: 'demo', scopes: ['read'] }], subject: 'ada' }],
])('isResponse accepts a response with %s: %j', (key, body) => expect(isResponse({ ...body }, key)).toBe(true));

test.each<[ResponseKey, object]>([
  ['builds', {}],
  ['builds', { builds: {} }],
  ['builds', { builds: [null] }],
  ['builds', { builds: [{ ...build, build_id: ['\u001b[8m'] }] }],
  ['builds', { builds: [build, { ...build, build_id: 'x; rm -rf ~' }] }],
  ['builds', { builds: [{ ...build, build_id: '' }] }],
  ['builds', { builds: [{ ...build, status: 1 }] }],
  ['builds', { builds: [{ ...build, queue_position: '\u001b[8m' }] }],
  ['builds', { builds: [{ ...build, log: {} }] }],
  ['builds', { builds: [{ ...build, parameters: { source_url: 1 } }] }],
  ['builds', { builds: [{ ...build, parameters: { envvars: { A: { toString: 1 } } } }] }],
  ['builds', { builds: [], messages: { warning: 'text' } }],
  ['builds', { builds: [], messages: [] }],
  ['build', { build: [] }],
  ['build', { build: { ...build, build_id: 'x; rm -rf ~' } }],
  ['new_build', { new_build: { name: '$(x)', parameters: { source_url: 'x' } } }],
  ['new_build', { new_build: { name: 'demo-1', parameters: 'x' } }],
  ['new_build', { new_build: {} }],
  ['id', { id: 1 }],
  ['id', { id: 'x; rm -rf ~' }],
  ['messages', { messages: null }],
  ['messages', { messages: { info: [1] } }],
  ['quota', { quota: { categories: [{ name: 'a', items: [{}] }] } }],
  ['quota', { quota: { categories: 1 } }],
  ['tools', { tools: [{ tool: 'demo', scopes: 'read' }] }],
  ['tools', { tools: [], subject: {} }],
])('isResponse refuses a response with %s: %j', (key, body) => expect(isResponse({ ...body }, key)).toBe(false));

test('isBuildId accepts names of Kubernetes only', () => {
  expect(['demo-buildpacks-pipelinerun-x1', 'a', 'a.b'].every(isBuildId)).toBe(true);
  for (const text of ['', '-a', 'a-', 'A', 'a/b', '..', 'a b', 'a\n', 'a;b', 'a'.repeat(254)])
    expect(isBuildId(text)).toBe(false);
});
