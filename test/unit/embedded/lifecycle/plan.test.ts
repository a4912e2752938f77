import { expect, test } from '@jest/globals';
import { type Alternative, alternativesOf, entriesFor, resolvePlan } from '../../../../embedded/lifecycle/plan.ts';

const provides = (name: string): Alternative => ({ provides: [{ name }], requires: [] });
const requires = (name: string): Alternative => ({ provides: [], requires: [{ name }] });
const nothing: Alternative = { provides: [], requires: [] };

const candidate = (id: string, alternatives: Alternative[], optional = false) => ({
  member: { id, version: '1', optional },
  alternatives,
});
const groupOf = (...candidates: Parameters<typeof resolvePlan>[0]) =>
  resolvePlan(candidates)?.group.map(({ id }) => id);

test('a build plan needs a provider of each requirement, in the same or an earlier buildpack', () => {
  expect(groupOf(candidate('a', [provides('x')]), candidate('b', [requires('x')]))).toEqual(['a', 'b']);
  expect(groupOf(candidate('a', [requires('x')]), candidate('b', [provides('x')]))).toBeUndefined();
  expect(groupOf(candidate('a', [{ ...provides('x'), ...{ requires: [{ name: 'x' }] } }]))).toEqual(['a']);
});

test('a build plan needs a requirement of each provision', () => {
  expect(groupOf(candidate('a', [provides('x')]))).toBeUndefined();
});

test('optional buildpacks that nothing requires leave the group', () => {
  const chain = [
    candidate('a', [provides('x')], true),
    candidate('b', [{ provides: [{ name: 'y' }], requires: [{ name: 'x' }] }], true),
    candidate('c', [nothing]),
  ];
  expect(groupOf(...chain)).toEqual(['c']);
});

test('a group without remaining buildpacks has no build plan', () => {
  expect(groupOf(candidate('a', [provides('x')], true))).toBeUndefined();
});

test('alternatives of a build plan are tried in order until one fits', () => {
  const or = alternativesOf({ requires: [{ name: 'missing' }], or: [{ requires: [{ name: 'x' }] }, {}] });
  expect(groupOf(candidate('a', [provides('x')]), candidate('b', or))).toEqual(['a', 'b']);
  expect(groupOf(candidate('b', or))).toEqual(['b']);
});

test('entriesFor returns a buildpack the requirements that it provides', () => {
  const resolved = resolvePlan([candidate('a', [provides('x')]), candidate('b', [requires('x')])]);
  expect(entriesFor(resolved?.entries ?? [], 'a')).toEqual([{ name: 'x' }]);
  expect(entriesFor(resolved?.entries ?? [], 'b')).toEqual([]);
});
