import { describe, expect, test } from '@jest/globals';
import { compileSuperusers, superusersProblem } from '../../../../lib/auth/superusers.ts';

const listOf = (tool: string) => ({ path: `/builds/v1/tool/${tool}/builds`, tool });

describe('compileSuperusers', () => {
  test.each([
    ['every path', ['^.*$'], ['mine']],
    ['the path', ['^/builds/v1/tool/[^/]+/builds$'], ['mine']],
    ['the path for the tool', [{ path: '^.*$', tools: ['other', 'mine'] }], ['mine']],
    ['the path in a later rule', ['^/builds/v1/healthz$', '^/builds/v1/tool/mine/builds$'], ['mine']],
    ['another path', ['^/builds/v1/tool/[^/]+/quotas$'], []],
    ['the beginning of the path', ['^/builds/v1/tool$'], []],
    ['the end of the path, or of another one', ['^/healthz|/builds$'], []],
    ['the beginning of the path, or another one', ['^/builds|/healthz$'], []],
    ['the path for another tool', [{ path: '^.*$', tools: ['other'] }], []],
  ])('gives a superuser with a rule for %s its tools', (_, rules, tools) => {
    expect(compileSuperusers({ 'service:a': rules })('service:a', listOf('mine'))).toEqual(tools);
  });

  test.each(['service:b', 'service', 'mine', '__proto__', 'constructor', ''])('knows no superuser %j', (name) => {
    expect(compileSuperusers({ 'service:a': ['^.*$'] })(name, listOf('mine'))).toBeUndefined();
  });

  test.each(['mytool.notthistool', 'Mine', 'a b', 'a/b', '%zz', ''])('gives nobody the tool %j', (tool) => {
    expect(compileSuperusers({ 'service:a': ['^.*$'] })('service:a', listOf(tool))).toEqual([]);
  });

  test('gives no tool for a path without one', () => {
    const target = { path: '/builds/v1/whoami', tool: undefined };
    expect(compileSuperusers({ 'service:a': ['^.*$'] })('service:a', target)).toEqual([]);
  });
});

describe('superusersProblem', () => {
  test.each([{}, { 'service:components-api': ['^.*$'] }, { 'a:b': [{ path: '^/builds$', tools: ['mine'] }] }])(
    'accepts %j',
    (value) => {
      expect(superusersProblem(value)).toBeUndefined();
    },
  );

  test.each([
    [[], 'it must be an object'],
    [null, 'it must be an object'],
    [{ mine: ['^.*$'] }, 'the name mine must have a colon'],
    [{ 'Service:a': ['^.*$'] }, 'must have a colon'],
    [{ 'service:a': '^.*$' }, 'service:a must have a list of paths'],
    [{ 'service:a': [] }, 'service:a must have a list of paths'],
    [{ 'service:a': ['/builds'] }, 'begins with ^ and ends with $'],
    [{ 'service:a': ['^(/builds$'] }, 'is no regular expression'],
    [{ 'service:a': [{ path: '^.*$' }] }, 'tools must list names of tools'],
    [{ 'service:a': [{ path: '^.*$', tools: [] }] }, 'tools must list names of tools'],
    [{ 'service:a': [{ path: '^.*$', tools: ['*'] }] }, 'tools must list names of tools'],
    [{ 'service:a': [{ path: '^.*$', tools: ['mine'], methods: ['GET'] }] }, 'a rule has no field methods'],
    [{ 'service:a': [7] }, 'a rule must be a path'],
  ])('refuses %j', (value, problem) => {
    expect(superusersProblem(value)).toContain(problem);
  });
});
