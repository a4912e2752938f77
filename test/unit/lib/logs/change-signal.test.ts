import { expect, test } from '@jest/globals';
import { ChangeSignal } from '../../../../lib/logs/change-signal.ts';

test('ChangeSignal wakes every caller that waits, and none twice', async () => {
  const signal = new ChangeSignal();
  const wakes: string[] = [];
  const wait = (name: string) => signal.next().then(() => wakes.push(name));
  const first = [wait('a'), wait('b')];
  signal.notify();
  await Promise.all(first);
  const second = wait('c');
  expect(wakes).toEqual(['a', 'b']);
  signal.notify();
  await second;
  expect(wakes).toEqual(['a', 'b', 'c']);
});

test('ChangeSignal ends a wait when its signal is aborted, before or during the wait', async () => {
  const changed = new ChangeSignal();
  const control = new AbortController();
  const waiting = changed.next({ signal: control.signal });
  control.abort();
  await waiting;
  await changed.next({ signal: control.signal });
});

test('ChangeSignal ends a wait after its time limit', async () => {
  await new ChangeSignal().next({ ms: 1 });
});
