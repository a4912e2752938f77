import { expect, test } from '@jest/globals';
import { registryRefusal } from '../../../../lib/tekton/registry-refusals.ts';
import { analyzeErrors, exportError, quotaError, quotaReason, tooLargeError } from './registry-outputs.ts';

const refusal = (name: string, value: string) =>
  registryRefusal({ name, container: `step-${name}`, results: [{ name: 'failure', value }] });

const again = /Start the build again/;
const administrators = /the Toolforge administrators/;

test.each<[string, string, string, RegExp[]]>([
  [
    'is full',
    'export',
    quotaError(),
    [/2\.9 MiB more than the 3\.1 KiB in use would exceed the tool's limit of 1\.0 MiB/, /build clean/, administrators],
  ],
  ['is read-only', 'analyze', analyzeErrors.readOnly, [/maintenance/, again]],
  [
    'has a rule of immutable tags',
    'export',
    exportError("PRECONDITION: Failed to process request due to 'tool-x:latest' configured as immutable."),
    [/a rule .* forbids/, /--image-name/, administrators],
  ],
  [
    'has lost the project',
    'export',
    exportError('NOT_FOUND: project tool-x not found'),
    [/project .* was deleted while the build ran/, again],
  ],
  [
    'has lost the project, as Harbor tells a robot account',
    'export',
    exportError('UNAUTHORIZED: project tool-x not found: project tool-x not found'),
    [/project .* was deleted while the build ran/, again],
  ],
  ['has a proxy with a limit', 'export', tooLargeError, [/a layer of the image is larger/, administrators]],
  ['gets too many requests', 'restore', exportError('TOOMANYREQUESTS: slow down'), [/too many requests/, again]],
  ['refuses the password', 'analyze', analyzeErrors.wrongPassword, [/credentials/, /registry-credentials.*renewed/]],
  ['hides the project', 'analyze', analyzeErrors.noAccess, [/does not let the build use the tool's project/, again]],
  ['allows no push', 'analyze', analyzeErrors.noPush, [/does not let the build/, again, /registry-credentials/]],
  ['shows a wrong certificate', 'analyze', analyzeErrors.certificate, [/secure connection/, administrators]],
  ['fails', 'analyze', analyzeErrors.failing, [/did not respond/, again]],
  ['has a failing proxy', 'analyze', analyzeErrors.badGateway, [/did not respond/, again]],
  ['closes the connection', 'analyze', analyzeErrors.cut, [/did not respond/, again]],
  ['takes no connections', 'analyze', analyzeErrors.refusing, [/did not respond/, again]],
  ['has no address', 'analyze', analyzeErrors.unknownHost, [/did not respond/, again]],
])('a step that failed because the registry %s is explained, with what to do', (_, step, output, sentences) => {
  const explained = refusal(step, `\n${output}`);
  for (const sentence of sentences) expect(explained).toMatch(sentence);
  expect(explained).not.toMatch(/\.$|harbor\.example\.org|tool-x/);
});

test.each([
  ['0 B', '1023 B', '1.0 KiB'],
  ['1.0 EiB', '999.9 PiB', '7.9 EiB'],
])('the refusal of storage shows sizes in all units: %s, %s, %s', (asked, used, limit) => {
  const words = `adding ${asked} of storage resource, which when updated to current usage of ${used} will exceed the configured upper limit of ${limit}.`;
  expect(refusal('export', words)).toContain(
    `${asked} more than the ${used} in use would exceed the tool's limit of ${limit}`,
  );
});

test.each(['0 B', '0.0 B'])(
  'the refusal of storage to a tool whose limit is %s does not name a useless command',
  (limit) => {
    const words = `adding 1.0 MiB of storage resource, which when updated to current usage of 0 B will exceed the configured upper limit of ${limit}.`;
    expect(refusal('export', words)).toMatch(/^the tool has no storage in the registry \(the limit is 0\)\. Ask /);
  },
);

test.each([
  ['text in place of a size', 'adding <b>all</b> of storage resource, which'],
  ['another failure of the step', 'ERROR: failed to export: layer path does not exist'],
  ['a manifest that is unknown', 'MANIFEST_UNKNOWN: manifest unknown'],
  ['a warning before another failure', 'Warning: i/o timeout, trying again\nERROR: failed to export: no such layer'],
  ['nothing', ''],
])('%s is not explained as a refusal of the registry', (_, output) => {
  expect(refusal('export', output)).toBeUndefined();
});

test.each(['clone', 'detect', 'build', 'seal'])('the output of the step %s is never taken for the registry', (step) => {
  expect(refusal(step, quotaReason)).toBeUndefined();
});

test('a step without a failure excerpt is not explained', () => {
  expect(registryRefusal({ name: 'export', container: 'step-export' })).toBeUndefined();
});

test('an explanation takes linear time, whatever the output is', () => {
  for (const text of ['adding 1', 'project a', '9'.repeat(30), 'current usage of 1.0 ', 'time '])
    expect(refusal('export', text.repeat(20_000))).toBeUndefined();
});
