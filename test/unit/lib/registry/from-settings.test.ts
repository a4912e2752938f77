import { expect, test } from '@jest/globals';
import { readSettings } from '../../../../lib/config/settings.ts';
import { imageHost, imageHostSettings } from '../../../../lib/registry/from-settings.ts';

test.each([
  [{ REGISTRY_URL: 'https://harbor.example.org' }, 'harbor.example.org'],
  [{ REGISTRY_URL: 'https://Harbor.example.org:443/' }, 'harbor.example.org'],
  [{ REGISTRY_URL: 'http://127.0.0.1:5000' }, '127.0.0.1:5000'],
  [{ REGISTRY_URL: 'http://harbor', REGISTRY_HOST: 'registry.example.org:5000' }, 'registry.example.org:5000'],
])('the host in names of images with %j is %s', (settings, host) => {
  expect(imageHost(readSettings(imageHostSettings, settings))).toBe(host);
});
