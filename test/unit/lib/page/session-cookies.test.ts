import { expect, test } from '@jest/globals';
import { createSessionCookies } from '../../../../lib/page/session-cookies.ts';
import { fixedSecret } from '../../../support/secret.ts';

const cookies = createSessionCookies({
  sessionKeys: fixedSecret('a'),
  refreshKeys: fixedSecret('b'),
  page: new URL('https://builds.example.org/builds/ui/'),
});

test.each([
  [8192, true],
  [8193, false],
])('a token of %i characters is kept only if the API accepts tokens of that length', async (length, isKept) => {
  const session = { id: 'x', ends: Date.now() / 1000 + 600, accessToken: 'a'.repeat(length), refreshToken: undefined };
  expect((await cookies.write(session)) !== undefined).toBe(isKept);
});
