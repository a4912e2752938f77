import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startProxy, startSocksProxy } from '../../support/proxy.ts';
import { contract, folder, remove, serve, startProcess } from './support.ts';

const root = join(import.meta.dirname, '../../..');

let home: string;
let unpacked: string;

/**
 * Returns the environment of `npm pack`. Its scripts run with the Node of PATH, which may be newer than the Node that
 * runs jest.
 */
const environment = () => ({ PATH: process.env.PATH, HOME: home, npm_config_update_notifier: 'false' });

beforeAll(() => {
  home = folder();
  execFileSync('npm', ['pack', '--silent', '--workspace', 'cli', '--pack-destination', home], {
    cwd: root,
    env: environment(),
    stdio: 'pipe',
  });
  const [archive = ''] = readdirSync(home).filter((name) => name.endsWith('.tgz'));
  execFileSync('tar', ['-xzf', archive], { cwd: home });
  unpacked = join(home, 'package');
});
afterAll(() => remove(home));

const read = (path: string): string => readFileSync(join(unpacked, path), 'utf8');

/**
 * Returns the entry file of the bundled `toolforge-build`, and every file that the entry file imports statically,
 * directly or through other files.
 */
const loadedAtStart = (file = 'toolforge-build.js', seen = new Set<string>()): Set<string> => {
  seen.add(file);
  for (const [, chunk = ''] of read(`dist/${file}`).matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g)) {
    if (!seen.has(chunk)) loadedAtStart(chunk, seen);
  }
  return seen;
};

test('the packed command runs alone, without any dependency', async () => {
  const manifest = JSON.parse(read('package.json'));
  expect(manifest.dependencies).toBeUndefined();
  expect(manifest.engines).toEqual({ node: '>=20' });
  const { code, stdout, stderr } = await startProcess(
    process.execPath,
    [join(unpacked, manifest.bin['toolforge-build']), '--help'],
    { HOME: home },
  ).finished;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('Usage: toolforge-build');
});

test.each([
  ['HTTP_PROXY', 'http', startProxy],
  ['ALL_PROXY', 'socks5h', startSocksProxy],
])('the packed command reaches the API through %s=%s://…', async (variable, scheme, start) => {
  const [api, proxy] = [await serve(contract), await start()];
  const address = api.url.replace('localhost', 'api.example.test');
  const { code, stdout } = await startProcess(process.execPath, [join(unpacked, 'dist/toolforge-build.js'), 'list'], {
    HOME: home,
    TOOLFORGE_TOKEN: 'secret',
    TOOLFORGE_TOOL: 'demo',
    TOOL_TOOLFORGE_API_URL: address,
    [variable]: `${scheme}://127.0.0.1:${proxy.port}`,
  }).finished;
  await Promise.all([api.close(), proxy.close()]);
  expect({ code, asked: proxy.asked.length }).toEqual({ code: 0, asked: 1 });
  expect(stdout).toContain('demo-4');
});

test('the packed command holds its bundle, its README and its license, and no source', () => {
  expect(readdirSync(unpacked).sort()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json']);
  for (const file of readdirSync(join(unpacked, 'dist'))) expect(file).toMatch(/\.js$|^LICENSES\.txt$/);
});

test.each([
  ['openid-client', 'oauth4webapi'],
  ['the client of SOCKS proxies', 'SocksClient'],
  ['the widths of characters', 'RGI_Emoji'],
  ['the YAML parser', 'YAMLException'],
])('the entry file does not load %s', (_, marker) => {
  const files = readdirSync(join(unpacked, 'dist'));
  const holders = files.filter((file) => read(`dist/${file}`).includes(marker));
  expect(holders).not.toEqual([]);
  const atStart = loadedAtStart();
  expect(atStart.size).toBeGreaterThan(1);
  expect(holders.filter((file) => atStart.has(file))).toEqual([]);
});
