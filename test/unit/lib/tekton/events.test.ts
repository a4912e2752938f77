import { expect, test } from '@jest/globals';
import { eventSubject, isRunEndEvent, isTektonEventType } from '../../../../lib/tekton/events.ts';
import { recorded } from './recorded-events.ts';

test('an event of Tekton is recognised by its type and names its object', () => {
  const { headers, body } = recorded('ev-ok.pipelinerun.successful.v1');
  expect(isTektonEventType(headers['ce-type'] ?? '')).toBe(true);
  expect(isRunEndEvent(headers['ce-type'] ?? '')).toBe(true);
  expect(isRunEndEvent('dev.tekton.event.taskrun.successful.v1')).toBe(false);
  expect(isTektonEventType('dev.tekton.event.pipelinerun.successful.v2')).toBe(false);
  expect(eventSubject(body)).toEqual({ kind: 'pipelineruns', name: 'ev-ok', namespace: 'image-build' });
  expect(eventSubject(recorded('ev-fail-build-from-git.taskrun.failed.v1').body)).toMatchObject({
    kind: 'taskruns',
    name: 'ev-fail-build-from-git',
  });
  for (const odd of [undefined, null, 'x', {}, { pipelineRun: 1 }, { pipelineRun: { metadata: { name: 1 } } }])
    expect(eventSubject(odd)).toBeUndefined();
});

test.each(['', '.', '..', '../secrets', 'a/log', 'a?watch=true', 'A', 'a'.repeat(300), 'a\n'])(
  'an event of Tekton about an object with the name %j is about nothing',
  (name) => {
    expect(eventSubject({ pipelineRun: { metadata: { name, namespace: 'n' } } })).toBeUndefined();
    expect(eventSubject({ taskRun: { metadata: { name: 'a', namespace: name } } })).toBeUndefined();
  },
);
