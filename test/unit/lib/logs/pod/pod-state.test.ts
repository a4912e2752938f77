import { expect, test } from '@jest/globals';
import {
  type ContainerState,
  containerState,
  podWaits,
  type StepPod,
  stepResult,
  stepsOf,
} from '../../../../../lib/logs/pod/pod-state.ts';

const cancel = { 'tekton.dev/cancel': 'CANCEL' };
const ready = { 'tekton.dev/ready': 'READY' };
const running = { running: { startedAt: '2026-01-01T00:00:00Z' } };
const waiting = { waiting: { reason: 'ContainerCreating' } };

const pod = (annotations: Record<string, string>, state: object | undefined, phase: string): StepPod => ({
  metadata: { name: 'pod', annotations },
  status: { phase, containerStatuses: state ? [{ name: 'step-clone', state }] : [] },
});

test.each<[string, StepPod, ContainerState]>([
  ['is running', pod(ready, running, 'Running'), 'running'],
  ['waits for its container', pod({}, waiting, 'Pending'), 'waiting'],
  ['waits for Tekton to let it begin', pod({}, running, 'Running'), 'waiting'],
  ['is cancelled while it runs', pod({ ...ready, ...cancel }, running, 'Running'), 'running'],
  // Recorded from Tekton 1.15: a pod that is cancelled before it begins stays Running, or Pending, for ever.
  ['was cancelled before it could begin', pod(cancel, running, 'Running'), 'never'],
  ['was cancelled before its pod had a node', pod(cancel, undefined, 'Pending'), 'never'],
  ['never ran in a pod that has failed', pod({}, undefined, 'Failed'), 'never'],
])('containerState of a step that %s', (_, given, state) => expect(containerState(given, 'clone')).toBe(state));

test('stepResult, podWaits and stepsOf read what Tekton and Kubernetes write into a pod', () => {
  const ended = (terminated: object, name = 'step-x'): StepPod => ({
    metadata: { name: 'p' },
    status: { containerStatuses: [{ name, state: { terminated: { exitCode: 1, ...terminated } } }] },
  });
  expect(stepResult(ended({ message: '[{"key":"Reason","value":"Skipped","type":3}]' }), 'x')).toBe('was not run');
  expect(stepResult(ended({}, 'step-y'), 'x')).toBe('was not run');
  expect(stepResult(ended({ exitCode: 137, reason: 'OOMKilled' }), 'x')).toBe('failed with exit code 137 (OOMKilled)');
  expect(
    podWaits({
      metadata: { name: 'p' },
      status: {
        containerStatuses: [
          { name: 'a', state: { waiting: { reason: 'CreateContainerConfigError', message: 'secret "s" not found' } } },
        ],
      },
    }),
  ).toBe('CreateContainerConfigError: secret "s" not found');
  expect(
    stepsOf({
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'step-b' }, { name: 'sidecar' }, { name: 'step-a' }] },
    }),
  ).toEqual(['b', 'a']);
});
