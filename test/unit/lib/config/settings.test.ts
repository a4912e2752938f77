import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { authenticateFromSettings, authSettings } from '../../../../lib/auth/from-settings.ts';
import { removedSettings, renamedSettings } from '../../../../lib/config/renamed.ts';
import { readSetting } from '../../../../lib/config/setting.ts';
import { readSettings, type SettingName, settings } from '../../../../lib/config/settings.ts';
import { kubeFromSettings } from '../../../../lib/kube/from-settings.ts';

const read = (name: SettingName, environment: Record<string, string>) => readSettings([name], environment)[name];

test('a setting that is not set has its default', () => {
  expect(
    readSettings(['port', 'limitRunning', 'registryKind', 'logSteps', 'sourceAllowHttp', 'gatewaySecret'], {}),
  ).toEqual({
    port: 8080,
    limitRunning: 4,
    registryKind: 'harbor',
    logSteps: [
      ...['clone', 'prepare', 'copy-stack-toml', 'detect', 'inject-buildpacks', 'build', 'fix-permissions'],
      'results',
    ],
    sourceAllowHttp: false,
    gatewaySecret: undefined,
  });
});

describe('the error of a wrong setting names the setting and what it must be', () => {
  test.each<[SettingName, Record<string, string>, string]>([
    ['limitRunning', { LIMIT_RUNNING: '-1' }, 'LIMIT_RUNNING must be a whole number from 1 to 1000'],
    ['limitRunning', { LIMIT_RUNNING: 'four' }, 'LIMIT_RUNNING must be a whole number from 1 to 1000'],
    ['limitRunning', { LIMIT_RUNNING: '' }, 'LIMIT_RUNNING must be a whole number from 1 to 1000'],
    ['registryUrl', {}, 'REGISTRY_URL must be set: an http or https URL without credentials'],
    ['registryUrl', { REGISTRY_URL: 'ftp://x' }, 'REGISTRY_URL must be an http or https URL without credentials'],
    ['registryUrl', { REGISTRY_URL: 'https://u:p@x' }, 'REGISTRY_URL must be an http or https URL without credentials'],
    [
      'registryHost',
      { REGISTRY_HOST: 'harbor.example.org/mirror' },
      'REGISTRY_HOST must be empty or a host name with or without a port',
    ],
    ['registryKind', { REGISTRY_KIND: 'quay' }, 'REGISTRY_KIND must be harbor or oci'],
    [
      'logSteps',
      { LOG_STEPS: 'build,export' },
      'LOG_STEPS must be a comma-separated list of some of clone, prepare, copy-stack-toml, detect, inject-buildpacks, build, fix-permissions, results',
    ],
    ['sourceAllowHttp', { SOURCE_ALLOW_HTTP: 'yes' }, 'SOURCE_ALLOW_HTTP must be true or false'],
    [
      'sourceAllowedAddresses',
      { SOURCE_ALLOWED_ADDRESSES: '10.0.0.0/33' },
      'SOURCE_ALLOWED_ADDRESSES must be a comma-separated list of address ranges such as 10.0.0.0/8, each with its first address',
    ],
    [
      'issuers',
      { AUTH_ISSUERS: '{}' },
      'AUTH_ISSUERS must be a JSON list of issuers, each with issuer, audience, jwksUri, and claim and prefix or rules: it is not a list',
    ],
    ['issuers', { AUTH_ISSUERS: '[{"issuer":"x"}]' }, 'entry 1: issuer must be an http or https URL'],
    ['buildTimeout', { BUILD_TIMEOUT: '1 hour' }, 'BUILD_TIMEOUT must be a duration such as 1h0m0s'],
    ['buildTimeout', { BUILD_TIMEOUT: '' }, 'BUILD_TIMEOUT must be a duration such as 1h0m0s'],
    ['buildTimeout', { BUILD_TIMEOUT: '0h0m0s' }, 'BUILD_TIMEOUT must be a duration such as 1h0m0s'],
    ['buildTimeout', { BUILD_TIMEOUT: '0s' }, 'BUILD_TIMEOUT must be a duration such as 1h0m0s'],
    [
      'gatewaySecret',
      { GATEWAY_SECRET_FILE: '/nowhere' },
      'GATEWAY_SECRET_FILE must be empty or the path of a readable file that is not empty: there is no /nowhere. Make the Secret that is mounted at /, with the key nowhere',
    ],
  ])('%s %j', (name, environment, message) => {
    expect(() => read(name, environment)).toThrow(message);
  });
});

describe('a setting that is set by its former name', () => {
  test.each(Object.entries(renamedSettings))('%s is refused with the present name %s', (former, present) => {
    expect(() => readSettings(['port'], { [former]: 'x', [present]: 'x' })).toThrow(
      `${former} is now ${present}: rename it.`,
    );
    expect(Object.values(settings).map(({ name }) => name)).toContain(present);
    expect(Object.values(settings).map(({ name }) => name)).not.toContain(former);
  });
});

test.each<[SettingName, string]>([
  ['archiverTool', 'a\nb'],
  ['archiverBuild', 'a\0b'],
  ['kubeconfig', '/a\n/b'],
  ['registryUrl', 'https://a\n.example'],
  ['archiverCommand', 'node,a\rb'],
])('the setting %s with a control character is refused: %j', (name, text) => {
  expect(() => read(name, { [settings[name].name]: text })).toThrow(`${settings[name].name} must be`);
});

describe('a setting that no longer exists', () => {
  test.each(Object.entries(removedSettings))('%s is refused, with what to do', (former, advice) => {
    expect(() => readSettings(['port'], { [former]: 'x' })).toThrow(`${former} no longer exists. ${advice}`);
    expect(Object.values(settings).map(({ name }) => name)).not.toContain(former);
  });
});

test('an optional setting that is empty has no value, whatever its description says', () => {
  const described = { ...settings.pipeline, expected: 'empty or anything', default: '' };
  expect(() => readSetting({}, described)).toThrow('PIPELINE must be empty or anything');
  expect(readSetting({}, { ...described, expected: 'a name', mayBeEmpty: true })).toBeUndefined();
});

test('a secret is read from its file, without the newline at the end', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'settings-'));
  await writeFile(join(folder, 'secret'), 's3cret\n');
  const { gatewaySecret } = readSettings(['gatewaySecret'], { GATEWAY_SECRET_FILE: join(folder, 'secret') });
  expect(gatewaySecret?.values()).toEqual(['s3cret']);
  await rm(folder, { recursive: true });
});

test('a start without a way to sign in, or without a cluster, is refused', async () => {
  expect(() => authenticateFromSettings(readSettings(authSettings, {}), () => undefined)).toThrow(
    'AUTH_ISSUERS must be set',
  );
  const kube = (environment: Record<string, string>) =>
    kubeFromSettings(readSettings(['kubeconfig', 'kubernetesHost', 'kubernetesPort', 'namespace'], environment));
  await expect(kube({})).rejects.toThrow('KUBECONFIG must be set');
  await expect(kube({ KUBECONFIG: '/nowhere' })).rejects.toThrow('KUBECONFIG must be a usable kubeconfig file');
});
