import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { buildId, ledgerName, toolLabel } from '../../../../lib/ledger/names.ts';
import { similarTools, toolName as tool } from '../../../support/tool-names.ts';

const idPrefix = (name: string) => buildId(name).replace(/-buildpacks-pipelinerun-[a-z0-9]+$/, '');

test('the id of a build is a valid name of a PipelineRun, whatever the name of the tool', () => {
  fc.assert(fc.property(tool, (name) => expect(buildId(name)).toMatch(/^[a-z0-9][-a-z0-9]{0,61}[a-z0-9]$/)));
  fc.assert(fc.property(tool, (name) => expect(buildId(name)).toContain('-buildpacks-pipelinerun-')));
});

test('the name of a ledger and the label of a tool are valid in Kubernetes', () => {
  fc.assert(fc.property(tool, (name) => expect(ledgerName(name)).toMatch(/^[a-z0-9]([-.a-z0-9]{0,61}[a-z0-9])?$/)));
  fc.assert(fc.property(tool, (name) => expect(toolLabel(name)).toMatch(/^[a-z0-9]([-._a-z0-9]{0,61}[a-z0-9])?$/)));
});

test('two tools never share a ledger or a label', () => {
  fc.assert(
    fc.property(similarTools([ledgerName, toolLabel]), ([a, b]) => {
      expect(ledgerName(a)).not.toBe(ledgerName(b));
      expect(toolLabel(a)).not.toBe(toolLabel(b));
    }),
    { numRuns: 2000 },
  );
  expect(ledgerName('a_b')).not.toBe(ledgerName('a-b'));
  expect(ledgerName('a'.repeat(63))).toBe('a'.repeat(63));
});

test('a shortened name of a ledger has 128 bits of a hash, so that no second tool can be made to fit', () => {
  expect(ledgerName('a_b')).toMatch(/^a-b\.[0-9a-f]{32}$/);
  expect(ledgerName('a'.repeat(64))).toMatch(/^a{30}\.[0-9a-f]{32}$/);
  expect(toolLabel('a'.repeat(64))).toMatch(/^a{30}\.[0-9a-f]{32}$/);
});

test('two tools never share the id of a build', () => {
  fc.assert(
    fc.property(similarTools([idPrefix, buildId]), ([a, b]) => {
      expect(buildId(a, 'key')).not.toBe(buildId(b, 'key'));
      // Ids with the same prefix differ by 128 bits of the suffix, which nobody can choose.
      if (idPrefix(a) === idPrefix(b)) expect(buildId(a)).toMatch(/^0-.+-[a-z0-9]{25}$/);
    }),
    { numRuns: 2000 },
  );
});

test('the id of a build holds the whole name of the tool where there is room, and its start otherwise', () => {
  expect(buildId('my-tool')).toMatch(/^my-tool-buildpacks-pipelinerun-[a-z0-9]{10}$/);
  expect(buildId('a'.repeat(29))).toMatch(/^a{29}-buildpacks-pipelinerun-[a-z0-9]{10}$/);
  expect(buildId('a'.repeat(30))).toMatch(/^0-a{12}-buildpacks-pipelinerun-[a-z0-9]{25}$/);
  expect(buildId('my_tool')).toMatch(/^0-my-tool-buildpacks-pipelinerun-[a-z0-9]{25}$/);
});

test('an Idempotency-Key gives the same id for the same tool, and another id for another tool', () => {
  expect(buildId('a', 'k')).toBe(buildId('a', 'k'));
  expect(buildId('a', 'k')).not.toBe(buildId('a', 'l'));
  expect(buildId('a', 'k').slice(-10)).not.toBe(buildId('b', 'k').slice(-10));
  expect(buildId('a')).not.toBe(buildId('a'));
});
