import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { buildId, ledgerName, toolLabel } from '../../../../lib/ledger/names.ts';

const tool = fc.stringMatching(/^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$/);

test('the id of a build is a valid name of a PipelineRun, whatever the name of the tool', () => {
  fc.assert(fc.property(tool, (name) => expect(buildId(name)).toMatch(/^[a-z0-9][-a-z0-9]{0,61}[a-z0-9]$/)));
  fc.assert(fc.property(tool, (name) => expect(buildId(name)).toContain('-buildpacks-pipelinerun-')));
});

test('the name of a ledger and the label of a tool are valid in Kubernetes', () => {
  fc.assert(fc.property(tool, (name) => expect(ledgerName(name)).toMatch(/^[a-z0-9]([-.a-z0-9]{0,61}[a-z0-9])?$/)));
  fc.assert(fc.property(tool, (name) => expect(toolLabel(name)).toMatch(/^[a-z0-9]([-._a-z0-9]{0,61}[a-z0-9])?$/)));
});

test('two tools never share a ledger', () => {
  fc.assert(fc.property(tool, tool, (a, b) => expect(ledgerName(a) === ledgerName(b)).toBe(a === b)));
  expect(ledgerName('a_b')).not.toBe(ledgerName('a-b'));
});

test('an Idempotency-Key gives the same id for the same tool, and another id for another tool', () => {
  expect(buildId('a', 'k')).toBe(buildId('a', 'k'));
  expect(buildId('a', 'k')).not.toBe(buildId('a', 'l'));
  expect(buildId('a', 'k').slice(-10)).not.toBe(buildId('b', 'k').slice(-10));
  expect(buildId('a')).not.toBe(buildId('a'));
});
