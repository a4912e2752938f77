import { existsSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { browserCommand, openBrowser } from '../../../../cli/session/open-browser.ts';
import { folder, remove } from '../support.ts';

test.each([
  [{ BROWSER: 'lynx' }, 'linux', 'lynx'],
  [{ DISPLAY: ':0' }, 'linux', 'xdg-open'],
  [{ WAYLAND_DISPLAY: 'w' }, 'linux', 'xdg-open'],
  [{ DISPLAY: ':0', SSH_CONNECTION: 'x' }, 'linux', undefined],
  [{}, 'linux', undefined],
  [{}, 'darwin', 'open'],
] as const)('browserCommand with %j on %s returns %s', (env, platform, command) => {
  expect(browserCommand(env, platform)).toBe(command);
});

test('openBrowser passes a URL as one argument, which no shell reads', async () => {
  const home = folder();
  const script = `#!/bin/sh\nprintf '%s|' "$@" > '${home}/part' && mv '${home}/part' '${home}/arguments'\n`;
  writeFileSync(join(home, 'browser'), script, { mode: 0o755 });
  const url = `https://id.example.org/$(touch${'$'}IFS${home}/ran);touch ${home}/ran&x='|"*`;
  const written = new Promise<void>((resolve) => {
    const watcher = watch(home, () => {
      if (!existsSync(join(home, 'arguments'))) return;
      watcher.close();
      resolve();
    });
  });
  openBrowser(join(home, 'browser'), url);
  await written;
  expect(readFileSync(join(home, 'arguments'), 'utf8')).toBe(`${url}|`);
  expect(existsSync(join(home, 'ran'))).toBe(false);
  remove(home);
});

test('openBrowser ignores a browser that does not exist, and a URL that is too long for a process', () => {
  openBrowser('/nowhere/browser', 'https://id.example.org');
  openBrowser('true', `https://id.example.org/${'a'.repeat(4_000_000)}`);
});
