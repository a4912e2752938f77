import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type Bundle, bundleFunction, type FunctionProcess } from './function-process.ts';

let bundle: Bundle;
let running: FunctionProcess;

beforeAll(async () => {
  bundle = await bundleFunction('throwing');
});
afterAll(() => bundle.remove());

beforeEach(async () => {
  running = await bundle.start();
});
afterEach(() => void running.child.kill('SIGKILL'));

/** Sends a request whose response takes a second, and waits 400 ms, so that the server handles the request by then. */
const request = async (): Promise<{ response: Promise<string> }> => {
  const response = fetch(`${running.url}/slow`).then((received) => received.text());
  await new Promise((resolve) => setTimeout(resolve, 400));
  return { response };
};

test('serve logs an uncaught exception and ends the process with exit code 1 once the other requests are answered', async () => {
  const slow = await request();
  const ended = once(running.child, 'exit');
  const thrown = fetch(`${running.url}/throw`).catch(() => 'cut');
  expect(await slow.response).toBe('late, but whole');
  expect(await ended).toEqual([1, null]);
  expect(await thrown).toBe('cut');
  expect(running.output()).toMatch(/"severity":"ERROR".*uncaught exception, exiting/);
}, 60_000);

test('serve answers open requests after SIGTERM and ends the process with exit code 0', async () => {
  const slow = await request();
  const ended = once(running.child, 'exit');
  running.child.kill('SIGTERM');
  expect(await slow.response).toBe('late, but whole');
  expect(await ended).toEqual([0, null]);
}, 60_000);
