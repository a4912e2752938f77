import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { grantsBy, type Rule, ruleProblem } from '../../../../lib/auth/rules.ts';
import { issuersProblem, rulesOf } from '../../../../lib/auth/trusted-issuers.ts';

const everything = ['read', 'build', 'admin'];
const groups: Rule = { match: { groups: 'tools.{tool}' } };
const account: Rule = { match: { sub: 'system:serviceaccount:tool-{tool}:*' }, scopes: ['read', 'build'] };
const gitlab: Rule = {
  match: { project_path: 'toolforge-repos/{tool}', ref_protected: 'true' },
  scopes: ['read', 'build'],
};
const github: Rule = { match: { repository_id: '42', ref: 'refs/heads/**' }, tool: 'mine', scopes: ['build'] };

describe('claims give tools', () => {
  test.each<[string, Rule, Record<string, unknown>, string[]]>([
    ['groups', groups, { groups: ['tools.a', 'users', 'tools.b-c_d'] }, ['a', 'b-c_d']],
    ['one group', groups, { groups: 'tools.a' }, ['a']],
    ['no groups', groups, {}, []],
    ['odd groups', groups, { groups: [1, null, { a: 1 }, ['tools.a'], 'tools.', 'tools.A', 'tools.a/b'] }, []],
    ['an object of groups', groups, { groups: { 0: 'tools.a' } }, []],
    ['a name that only ends so', groups, { groups: ['my.tools.a', 'tools.a\n', '\ntools.a'] }, []],
    ['an inherited claim', { match: { constructor: '**{tool}' } } as Rule, {}, []],
    ['an account', account, { sub: 'system:serviceaccount:tool-a:ci' }, ['a']],
    ['an account of another namespace', account, { sub: 'system:serviceaccount:default:tool-a' }, []],
    ['an account with more in its name', account, { sub: 'system:serviceaccount:tool-a:ci:x' }, []],
    ['an account without a name', account, { sub: 'system:serviceaccount:tool-a:' }, []],
    ['a project', gitlab, { project_path: 'toolforge-repos/a', ref_protected: 'true' }, ['a']],
    ['a project, with a boolean', gitlab, { project_path: 'toolforge-repos/a', ref_protected: true }, ['a']],
    ['an unprotected ref', gitlab, { project_path: 'toolforge-repos/a', ref_protected: 'false' }, []],
    ['a ref that says nothing', gitlab, { project_path: 'toolforge-repos/a' }, []],
    ['a project below', gitlab, { project_path: 'toolforge-repos/a/b', ref_protected: 'true' }, []],
    ['a project elsewhere', gitlab, { project_path: 'evil/toolforge-repos/a', ref_protected: 'true' }, []],
    ['a repository by number', github, { repository_id: 42, ref: 'refs/heads/fix/it' }, ['mine']],
    ['another repository', github, { repository_id: '421', ref: 'refs/heads/main' }, []],
    ['a tag', github, { repository_id: '42', ref: 'refs/tags/v1' }, []],
  ])('%s', (_, rule, claims, tools) => {
    expect(grantsBy([rule])(claims).map(({ tool }) => tool)).toEqual(tools);
  });

  test('with the scopes of their rule, all when it names none', () => {
    const given = grantsBy([groups, github])({ groups: ['tools.a'], repository_id: '42', ref: 'refs/heads/main' });
    expect(given).toEqual([
      { tool: 'a', scopes: everything },
      { tool: 'mine', scopes: ['build'] },
    ]);
  });
});

test.each<[string, unknown]>([
  ['it must be an object', 'x'],
  ['it has no field claims', { claims: {} }],
  ['match must hold a pattern', { match: {} }],
  ['match must hold a pattern', { match: { sub: 1 } }],
  ['match must hold a pattern', { tool: 'a' }],
  ['scopes must be some of read, build, admin', { match: { sub: 'a:{tool}' }, scopes: ['write'] }],
  ['scopes must be some of', { match: { sub: 'a:{tool}' }, scopes: [] }],
  ['it must say the tool once', { match: { sub: 'a' } }],
  ['it must say the tool once', { match: { sub: 'a:{tool}' }, tool: 'b' }],
  ['it must say the tool once', { match: { sub: 'a:{tool}:b{tool}' } }],
  ['tool must be the name of a tool', { match: { sub: 'a' }, tool: 'A B' }],
  ['text of its own before it', { match: { project_path: '{tool}' } }],
  ['text of its own before it', { match: { project_path: '**{tool}' } }],
  ['text of its own before it', { match: { project_path: '**/{tool}' } }],
  ['text of its own before it', { match: { project_path: '*/{tool}' } }],
  ['text of its own before it', { match: { project_path: '*-{tool}' } }],
  ['text of its own before it', { match: { project_path: 'a/*/{tool}' } }],
  ['a character that no tool has in its name', { match: { project_path: 'x{tool}*' } }],
  ['a character that no tool has in its name', { match: { project_path: 'x{tool}**' } }],
  ['a character that no tool has in its name', { match: { project_path: 'x/{tool}-*' } }],
  ['a character that no tool has in its name', { match: { project_path: 'x/{tool}a/**', ref: '*' } }],
])('"%s" is said of the rule %j', (problem, rule) => {
  expect(ruleProblem(rule)).toContain(problem);
});

test.each<[string, Rule]>([
  ['a group', groups],
  ['an account', account],
  ['a project', gitlab],
  ['a repository', github],
  ['a group with text after the tool', { match: { groups: 'team-{tool}-admins' } }],
])('nothing is wrong with the rule for %s', (_, rule) => {
  expect(ruleProblem(rule)).toBeUndefined();
});

test('the rules that the documentation shows pass', () => {
  const text = readFileSync(new URL('../../../../docs/settings.md', import.meta.url), 'utf8');
  const [shown = ''] = /^ {4}\[\{"issuer"(?:.|\n {4})*/m.exec(text) ?? [];
  expect(JSON.parse(shown)).toHaveLength(3);
  expect(issuersProblem(JSON.parse(shown))).toBeUndefined();
});

const good = { issuer: 'https://id.example.org', audience: 'builds-api', jwksUri: 'https://id.example.org/jwks' };
const grouped = { ...good, claim: 'groups', prefix: 'tools.' };

test.each<[string, unknown]>([
  ['it is not a list', {}],
  ['entry 1: it must be an object', ['x']],
  ['entry 1: issuer must be an http or https URL', [{ ...grouped, issuer: 'id' }]],
  ['entry 2: audience must be a text', [grouped, { ...grouped, audience: '' }]],
  ['entry 1: it has no field secret', [{ ...grouped, secret: 'x' }]],
  ['entry 1: it must have claim and prefix, or rules', [good]],
  ['entry 1: claim and prefix go together', [{ ...good, claim: 'groups' }]],
  ['entry 1: prefix is no pattern', [{ ...grouped, prefix: '*' }]],
  ['entry 1: prefix must be a text', [{ ...grouped, prefix: '' }]],
  ['entry 1: rule 2: it must say the tool once', [{ ...good, rules: [groups, { match: { sub: 'a' } }] }]],
  [
    'entry 1: introspection.secretFile must be the absolute path',
    [{ ...grouped, introspection: { uri: 'https://x', clientId: 'a' } }],
  ],
  ['entry 1: it has no field client.secret', [{ ...grouped, client: { id: 'a', secret: 'b' } }]],
  ['entry 1: kind must be person, ci or service-account', [{ ...grouped, kind: 'robot' }]],
  ['https://id.example.org is there twice', [grouped, grouped]],
])('"%s" is said of the issuers %j', (problem, issuers) => {
  expect(issuersProblem(issuers)).toContain(problem);
});

test('claim and prefix are one rule more', () => {
  expect(issuersProblem([{ ...grouped, rules: [account] }])).toBeUndefined();
  expect(rulesOf({ ...grouped, rules: [account] })).toEqual([groups, account]);
});
