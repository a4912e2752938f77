import { expect, test } from '@jest/globals';
import { anySignal, sleep, sleepUntilAborted, unlessAborted, withTimeout } from '../../../lib/abort.ts';

const gone = new Error('gone');
const never = new Promise<never>(() => undefined);

test('anySignal fires with the first of its signals and takes missing signals', () => {
  const control = new AbortController();
  const signal = anySignal(undefined, new AbortController().signal, control.signal);
  expect(signal.aborted).toBe(false);
  control.abort(gone);
  expect(signal.reason).toBe(gone);
});

test('withTimeout fires with the given signal, or with a TimeoutError', async () => {
  expect(withTimeout(60_000, AbortSignal.abort(gone)).reason).toBe(gone);
  await expect(unlessAborted(never, withTimeout(1))).rejects.toMatchObject({ name: 'TimeoutError' });
});

test("unlessAborted returns the promise's outcome, or throws the signal's reason", async () => {
  const open = new AbortController().signal;
  expect(await unlessAborted(Promise.resolve(1), undefined)).toBe(1);
  expect(await unlessAborted(Promise.resolve(1), open)).toBe(1);
  await expect(unlessAborted(Promise.reject(new Error('own')), open)).rejects.toThrow('own');
  await expect(unlessAborted(never, AbortSignal.abort(gone))).rejects.toBe(gone);
  const control = new AbortController();
  const waiting = unlessAborted(never, control.signal);
  control.abort(gone);
  await expect(waiting).rejects.toBe(gone);
});

test("sleep ends after its time, or throws the signal's reason", async () => {
  await sleep(1);
  const control = new AbortController();
  const asleep = sleep(2 ** 30, control.signal);
  control.abort(gone);
  await expect(asleep).rejects.toBe(gone);
  await expect(sleep(1, AbortSignal.abort(gone))).rejects.toBe(gone);
});

test.each([2 ** 31, 1e13, Number.POSITIVE_INFINITY])('no wait of %d ms ends at once', async (ms) => {
  const control = new AbortController();
  const ended = (wait: Promise<unknown>) => wait.then(() => 'ended');
  const waits = [
    ended(sleep(ms, control.signal)),
    ended(sleepUntilAborted(ms, control.signal)),
    ended(unlessAborted(never, withTimeout(ms, control.signal))),
  ];
  const later = sleep(10).then(() => 'still waiting');
  expect(await Promise.race([...waits, later])).toBe('still waiting');
  control.abort(gone);
  await Promise.allSettled(waits);
});

test('sleepUntilAborted ends without an error when the signal fires', async () => {
  const control = new AbortController();
  const asleep = sleepUntilAborted(2 ** 30, control.signal);
  control.abort(gone);
  await asleep;
});
