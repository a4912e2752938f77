import { expect, test } from '@jest/globals';
import { type ContainerState, containerState, type StepPod } from '../../../../../lib/logs/pod/pod-state.ts';

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
  ['waits for Tekton to let it begin', pod({}, running, 'Running'), 'running'],
  ['is cancelled while it runs', pod({ ...ready, ...cancel }, running, 'Running'), 'running'],
  // Recorded from Tekton 1.15: a pod that is cancelled before it begins stays Running, or Pending, for ever.
  ['was cancelled before it could begin', pod(cancel, running, 'Running'), 'never'],
  ['was cancelled before its pod had a node', pod(cancel, undefined, 'Pending'), 'never'],
  ['never ran in a pod that has failed', pod({}, undefined, 'Failed'), 'never'],
])('containerState of a step that %s', (_, given, state) => expect(containerState(given, 'clone')).toBe(state));
