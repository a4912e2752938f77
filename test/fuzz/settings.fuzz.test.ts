import { expect } from '@jest/globals';
import fc from 'fast-check';
import { readSetting, type Setting } from '../../lib/config/setting.ts';
import { settings } from '../../lib/config/settings.ts';
import { ConfigError } from '../../lib/errors.ts';
import { fuzz } from './fuzz.ts';
import { mutated } from './mutated.ts';

const issuer = {
  issuer: 'https://issuer.example',
  audience: 'a',
  jwksUri: 'https://issuer.example/jwks',
  rules: [{ match: { sub: 'x:{tool}:*' }, scopes: ['read'] }],
  introspection: { uri: 'https://issuer.example/i', clientId: 'c', secretFile: '/s', seconds: 10 },
  client: { id: 'c', scope: 'openid' },
};
const texts = mutated(
  JSON.stringify([issuer]),
  JSON.stringify([{ ...issuer, claim: 'groups', prefix: 'tools.' }]),
  ...[
    '8080',
    'true',
    'https://a.example/b',
    '10.0.0.0/8,::1/128',
    '1h2m3s',
    'registry.example/a/b:1',
    '/a/b',
    'a,b',
    '',
  ],
).map((bytes) => bytes.toString());

/** Settings that name a file or a folder, which would be read. */
const isPath = ({ name }: Setting<unknown>): boolean => /_(FILE|FOLDER)$/.test(name);
const all = (Object.values(settings) as Setting<unknown>[]).filter((setting) => !isPath(setting));

/** Returns the value of a setting, or the error that refuses its text. */
const outcome = (setting: Setting<unknown>, text: string): unknown => {
  try {
    return readSetting({ [setting.name]: text }, setting);
  } catch (error) {
    return error;
  }
};

fuzz(
  'every text of a setting gives a value, or an error that names the setting',
  fc.tuple(fc.constantFrom(...all), texts),
  ([setting, text]) => {
    const value = outcome(setting, text);
    if (value instanceof Error) {
      expect(value).toBeInstanceOf(ConfigError);
      expect(value.message).toContain(`${setting.name} must be`);
      return;
    }
    if (value === undefined) expect(text.trim()).toBe('');
    // A number that is not a number would pass every later comparison.
    if (typeof value === 'number') expect(Number.isSafeInteger(value)).toBe(true);
    if (typeof value === 'string') expect(value).not.toMatch(/\p{Cc}/u);
  },
);
