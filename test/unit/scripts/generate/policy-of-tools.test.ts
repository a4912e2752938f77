import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ledgerName, toolLabel } from '../../../../lib/ledger/names.ts';
import { projectName } from '../../../../lib/registry/names.ts';
import { makeFacts } from '../../../../scripts/generate/facts.ts';
import { accountPolicies } from '../../../../scripts/generate/policies.ts';
import type { Rule } from '../../../../scripts/generate/policy.ts';
import { toolName } from '../../../support/tool-names.ts';

const policies = accountPolicies(makeFacts({ namespace: 'image-build' }));
const { variables = {}, rules = [] } = policies.find(({ name }) => name === 'runs') ?? {};

const variable = (name: string): string => variables[name] ?? '';
const ruleAbout = (words: string, policy: readonly Rule[] = rules): string =>
  policy.find(({ message }) => message.includes(words))?.expression ?? '';

/** Makes the replacements of a CEL expression in a text, as CEL makes them. */
const replaced = (expression: string, text: string): string =>
  [...expression.matchAll(/\.replace\("([^"]*)", "([^"]*)"\)/g)].reduce(
    (current, [, from = '', to = '']) => current.replaceAll(from, to),
    text,
  );

/** Returns with what a rule compares a name: with the whole name, or with the start of a long name and a dot. */
const comparedWith = (rule: string, name: string): string => {
  const [, longest] = /size\(\) <= ([0-9]+)/.exec(rule) ?? [];
  const [, excluded] = /!\S+\.contains\("([^"]*)"\)/.exec(rule) ?? [];
  if (name.length <= Number(longest) && !(excluded && name.includes(excluded))) return name;
  const [, kept] = /substring\(0, ([0-9]+)\)/.exec(rule) ?? [];
  const [, start = ''] = /\.find\("([^"]*)"\)/.exec(rule) ?? [];
  return `${new RegExp(start).exec(replaced(rule, name).slice(0, Number(kept)))?.[0]}.`;
};

const patternsIn = (rule: string): RegExp[] =>
  [...rule.matchAll(/\.matches\(("(?:[^"\\]|\\.)*")\)/g)].map(([, text = '""']) => new RegExp(JSON.parse(text)));

const isMadeBy = (compared: string, name: string): boolean =>
  name.startsWith(compared) && (compared.endsWith('.') ? /^[0-9a-f]{32}$/ : /^$/).test(name.slice(compared.length));

describe('the policy of runs', () => {
  test('makes the project of every tool as lib/registry/names.ts makes it', () => {
    const rule = ruleAbout('image of its own tool');
    fc.assert(
      fc.property(toolName, (tool) => {
        const compared = comparedWith(rule, replaced(variable('project'), `tool-${tool}`));
        expect([compared, isMadeBy(compared, projectName(tool))]).toEqual([compared, true]);
      }),
      { numRuns: 1000 },
    );
  });

  test('makes the label of every tool as lib/ledger/names.ts makes it', () => {
    const rule = ruleAbout('must be that of the tool');
    fc.assert(
      fc.property(toolName, (tool) => {
        const compared = comparedWith(rule, tool);
        expect([compared, isMadeBy(compared, toolLabel(tool))]).toEqual([compared, true]);
      }),
      { numRuns: 1000 },
    );
  });

  test('makes the ledger of every tool as lib/ledger/names.ts makes it', () => {
    const rule = ruleAbout('made from its tool', policies.find(({ name }) => name === 'ledgers')?.rules);
    fc.assert(
      fc.property(toolName, (tool) => {
        const compared = comparedWith(rule, tool);
        expect([compared, isMadeBy(compared, ledgerName(tool))]).toEqual([compared, true]);
      }),
      { numRuns: 1000 },
    );
  });

  test('takes the tool from the annotation, and the registry from the settings', () => {
    // A variable may use the variables before it.
    expect(Object.keys(variables)).toEqual(['tool', 'registry', 'project']);
    expect(variable('tool')).toContain('"builds.toolforge.org/tool"');
    for (const name of ['REGISTRY_HOST', 'REGISTRY_URL'])
      expect(variable('registry')).toContain(`variables.settings[?"${name}"]`);
  });

  test.each([
    ['app:latest', true],
    ['a-b__c.d:latest', true],
    ['app', false],
    ['app:latest2', false],
    ['app:build-cache', false],
    ['a/b:latest', false],
    ['../b:latest', false],
    [':latest', false],
    ['app:latest\n', false],
    ['x\napp:latest', false],
    [`app@sha256:${'0'.repeat(64)}`, false],
    [`app:latest@sha256:${'0'.repeat(64)}`, false],
  ])('takes %j for the end of the image of a tool: %j', (end, isAllowed) => {
    const [short, long] = patternsIn(ruleAbout('image of its own tool'));
    expect(short?.test(end)).toBe(isAllowed);
    expect(long?.test(`${'0'.repeat(32)}/${end}`)).toBe(isAllowed);
    expect(long?.test(end)).toBe(false);
  });

  test.each(['', 'a/b', 'a-char.sep_b', 'A', 'a\nb', '-a', 'a-', 'a'.repeat(257)])(
    'takes %j for no name of a tool',
    (name) => {
      const [pattern] = patternsIn(ruleAbout('name of its tool'));
      expect(pattern?.test(name)).toBe(false);
      expect(pattern?.test('a-_b')).toBe(true);
    },
  );
});
