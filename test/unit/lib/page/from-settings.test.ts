import { expect, test } from '@jest/globals';
import { sessionsFromSettings } from '../../../../lib/page/from-settings.ts';
import { resource } from '../../../support/issuer/provider.ts';
import { fixedSecret } from '../../../support/secret.ts';

const home = 'https://builds.example.org/builds/ui/';

test('a page with a client needs both secrets', () => {
  const setting = {
    ...{ issuer: 'https://id.example.org', audience: 'a', jwksUri: 'https://id.example.org/jwks' },
    ...{ claim: 'groups', prefix: 'tools.', pageClient: { id: 'x' } },
  };
  const settings = { webUrl: home, issuers: [setting], authResource: resource };
  const open = (sessionKeys: string | undefined) =>
    sessionsFromSettings(
      { ...settings, sessionKeys: sessionKeys ? fixedSecret(sessionKeys) : undefined, refreshKeys: undefined },
      new URL(home),
      () => {},
    );
  expect(() => open(undefined)).toThrow('SESSION_KEYS_FILE must be set');
  expect(() => open('a')).toThrow('REFRESH_KEYS_FILE must be set');
});
