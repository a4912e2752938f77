import { describe, expect, test } from '@jest/globals';
import { grantsBy, type Rule, ruleProblem } from '../../../../lib/auth/rules.ts';

const everything = ['read', 'build', 'admin'];
const groups: Rule = { match: { groups: 'tools.{tool}' } };
const account: Rule = { match: { sub: 'system:serviceaccount:tool-{tool}:*' }, scopes: ['read', 'build'] };
const gitlab: Rule = {
  match: { project_path: 'toolforge-repos/{tool}', ref_protected: 'true' },
  scopes: ['read', 'build'],
};
const github: Rule = { match: { repository_id: '42', ref: 'refs/heads/**' }, tool: 'mine', scopes: ['build'] };

describe('grantsBy turns claims into tools', () => {
  test.each<[string, Rule, Record<string, unknown>, string[]]>([
    ['groups', groups, { groups: ['tools.a', 'users', 'tools.b-c_d'] }, ['a', 'b-c_d']],
    ['one group', groups, { groups: 'tools.a' }, ['a']],
    ['no groups', groups, {}, []],
    [
      'groups of other types and forms',
      groups,
      { groups: [1, null, { a: 1 }, ['tools.a'], 'tools.', 'tools.A', 'tools.a/b'] },
      [],
    ],
    ['an object of groups', groups, { groups: { 0: 'tools.a' } }, []],
    ['a group that only contains the pattern', groups, { groups: ['my.tools.a', 'tools.a\n', '\ntools.a'] }, []],
    ['an inherited claim', { match: { constructor: '**{tool}' } } as Rule, {}, []],
    ['a ServiceAccount', account, { sub: 'system:serviceaccount:tool-a:ci' }, ['a']],
    ['a ServiceAccount of another namespace', account, { sub: 'system:serviceaccount:default:tool-a' }, []],
    ['a ServiceAccount with a colon in its name', account, { sub: 'system:serviceaccount:tool-a:ci:x' }, []],
    ['a ServiceAccount without a name', account, { sub: 'system:serviceaccount:tool-a:' }, []],
    ['a project', gitlab, { project_path: 'toolforge-repos/a', ref_protected: 'true' }, ['a']],
    ['a project with a boolean claim', gitlab, { project_path: 'toolforge-repos/a', ref_protected: true }, ['a']],
    ['a project on an unprotected ref', gitlab, { project_path: 'toolforge-repos/a', ref_protected: 'false' }, []],
    ['a project without a claim about its ref', gitlab, { project_path: 'toolforge-repos/a' }, []],
    ['a project in a subgroup', gitlab, { project_path: 'toolforge-repos/a/b', ref_protected: 'true' }, []],
    ['a project in another group', gitlab, { project_path: 'evil/toolforge-repos/a', ref_protected: 'true' }, []],
    ['a repository by number', github, { repository_id: 42, ref: 'refs/heads/fix/it' }, ['mine']],
    ['another repository', github, { repository_id: '421', ref: 'refs/heads/main' }, []],
    ['a repository on a tag', github, { repository_id: '42', ref: 'refs/tags/v1' }, []],
  ])('for %s', (_, rule, claims, tools) => {
    expect(grantsBy([rule])(claims).map(({ tool }) => tool)).toEqual(tools);
  });

  test('with the scopes of the rule, or all scopes when the rule names none', () => {
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
])('ruleProblem says "%s" about the rule %j', (problem, rule) => {
  expect(ruleProblem(rule)).toContain(problem);
});

test.each<[string, Rule]>([
  ['a group', groups],
  ['a ServiceAccount', account],
  ['a project', gitlab],
  ['a repository', github],
  ['a group with text after the tool', { match: { groups: 'team-{tool}-admins' } }],
])('ruleProblem finds nothing wrong with a rule for %s', (_, rule) => {
  expect(ruleProblem(rule)).toBeUndefined();
});
