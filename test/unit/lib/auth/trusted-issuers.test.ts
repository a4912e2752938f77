import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { Rule } from '../../../../lib/auth/rules.ts';
import { issuersProblem, rulesOf } from '../../../../lib/auth/trusted-issuers.ts';

const groups: Rule = { match: { groups: 'tools.{tool}' } };
const account: Rule = { match: { sub: 'system:serviceaccount:tool-{tool}:*' }, scopes: ['read', 'build'] };

test('issuersProblem finds nothing wrong with the issuers in docs/settings.md', () => {
  const text = readFileSync(new URL('../../../../docs/settings.md', import.meta.url), 'utf8');
  const [shown = ''] = /^ {4}\[\{"issuer"(?:.|\n {4})*/m.exec(text) ?? [];
  expect(JSON.parse(shown)).toHaveLength(3);
  expect(issuersProblem(JSON.parse(shown))).toBeUndefined();
});

const withoutRules = {
  issuer: 'https://id.example.org',
  audience: 'builds-api',
  jwksUri: 'https://id.example.org/jwks',
};
const grouped = { ...withoutRules, claim: 'groups', prefix: 'tools.' };

test.each<[string, unknown]>([
  ['it is not a list', {}],
  ['entry 1: it must be an object', ['x']],
  ['entry 1: issuer must be an http or https URL', [{ ...grouped, issuer: 'id' }]],
  ['entry 2: audience must be a text', [grouped, { ...grouped, audience: '' }]],
  ['entry 1: it has no field secret', [{ ...grouped, secret: 'x' }]],
  ['entry 1: it must have claim and prefix, or rules', [withoutRules]],
  ['entry 1: claim and prefix go together', [{ ...withoutRules, claim: 'groups' }]],
  ['entry 1: prefix is no pattern', [{ ...grouped, prefix: '*' }]],
  ['entry 1: prefix must be a text', [{ ...grouped, prefix: '' }]],
  ['entry 1: rule 2: it must say the tool once', [{ ...withoutRules, rules: [groups, { match: { sub: 'a' } }] }]],
  [
    'entry 1: introspection.secretFile must be the absolute path',
    [{ ...grouped, introspection: { uri: 'https://x', clientId: 'a' } }],
  ],
  ['entry 1: it has no field client.secret', [{ ...grouped, client: { id: 'a', secret: 'b' } }]],
  ['entry 1: kind must be person, ci or service-account', [{ ...grouped, kind: 'robot' }]],
  ['entry 1: tokenType must be at+jwt', [{ ...grouped, tokenType: 'JWT' }]],
  ['https://id.example.org is there twice', [grouped, grouped]],
])('issuersProblem says "%s" about the issuers %j', (problem, issuers) => {
  expect(issuersProblem(issuers)).toContain(problem);
});

test('rulesOf adds a rule for claim and prefix', () => {
  expect(issuersProblem([{ ...grouped, rules: [account] }])).toBeUndefined();
  expect(rulesOf({ ...grouped, rules: [account] })).toEqual([groups, account]);
});
