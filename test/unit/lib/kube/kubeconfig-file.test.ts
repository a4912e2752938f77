import { describe, expect, test } from '@jest/globals';
import { currentContextOf, inlineData, parseYaml } from '../../../../lib/kube/kubeconfig-file.ts';

describe('parseYaml', () => {
  test.each([
    ['JSON', '{"a": {"b": "c"}}'],
    ['YAML in block style', 'a:\n  b: c\n'],
    ['YAML in flow style', '{a: {b: c}}'],
  ])('reads %s', async (_, text) => {
    expect(await parseYaml(text)).toEqual({ a: { b: 'c' } });
  });

  test('names the line of an error and never quotes the text', async () => {
    await expect(parseYaml('users: [{token: hidden\n: :')).rejects.toThrow(/^not valid YAML in line \d+$/);
  });
});

describe('currentContextOf', () => {
  const config = {
    'current-context': 'here',
    contexts: [{ name: 'other' }, { name: 'here', context: { cluster: 'k', user: 'u', namespace: 'tool-demo' } }],
    clusters: [{ name: 'k', cluster: { server: 'https://k' } }],
    users: [{ name: 'u', user: { token: 't' } }],
  };

  test('returns the cluster, the user and the namespace of the current context', () => {
    expect(currentContextOf(config)).toEqual({
      namespace: 'tool-demo',
      cluster: { server: 'https://k' },
      user: { token: 't' },
    });
  });

  test.each([
    ['no mapping', undefined],
    ['no current context', { ...config, 'current-context': undefined }],
    ['a current context that is not there', { ...config, contexts: [] }],
    ['lists that are no lists', { ...config, contexts: {} }],
  ])('returns nothing for %s', (_, broken) => {
    expect(currentContextOf(broken)).toEqual({ namespace: undefined, cluster: undefined, user: undefined });
  });
});

test('inlineData decodes base64', () => {
  expect(inlineData({ 'client-key-data': 'S0VZ' }, 'client-key')?.toString()).toBe('KEY');
  expect(inlineData({}, 'client-key')).toBeUndefined();
});
