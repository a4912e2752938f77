import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { useFakeApi } from '../fake-api.ts';
import { folder, type Handler, json, remove } from '../support.ts';

/** Text that hides what follows it, and moves the cursor. */
const evil = 'a\u001b[8mb\u001b[2Jc\u202ed';
// biome-ignore lint/suspicious/noControlCharactersInRegex: the test looks for control characters
const dangerous = /[\u0000-\u0008\u000b-\u001f\u202e]/;

const api = useFakeApi();

const run = async (handler: Handler, args: string[], env: Record<string, string> = {}) => {
  const { code, stdout, stderr } = await api.run(args, { ...(await api.against(handler)), ...env });
  return { code, shown: stdout + stderr };
};

describe('an issuer that is hostile', () => {
  let home: string;
  beforeEach(() => {
    home = folder();
  });
  afterEach(() => remove(home));

  /** Signs in by device at an issuer whose metadata and device response are changed. */
  const login = (metadata: object, device: object, args = ['login', '--device']) => {
    const reply: Handler = ({ path, headers }, response) => {
      const url = `http://${headers.host}`;
      if (path.endsWith('/oauth-protected-resource'))
        return json(response, 200, { resource: 'r', clients: [{ issuer: url, client_id: 'c' }] });
      if (path.endsWith('/openid-configuration')) {
        const endpoints = {
          token_endpoint: `${url}/token`,
          device_authorization_endpoint: `${url}/device`,
          authorization_endpoint: `${url}/auth`,
        };
        return json(response, 200, { issuer: url, ...endpoints, ...metadata });
      }
      if (path === '/device')
        return json(response, 200, {
          device_code: 'd',
          user_code: 'A-B',
          verification_uri: `${url}/go`,
          expires_in: 60,
          interval: 1,
          ...device,
        });
      return json(response, 400, { error: 'access_denied', error_description: evil.replaceAll('"', '') });
    };
    const env = { TOOLFORGE_TOKEN: '', HOME: home, BROWSER: `${home}/browser` };
    return run(reply, args, env);
  };

  test.each([
    ['authorization_endpoint', 'file:///etc/passwd'],
    ['authorization_endpoint', 'javascript:alert(1)'],
    ['token_endpoint', 'http://192.0.2.1/token'],
    ['device_authorization_endpoint', 'https://id.example.org@evil.example/'],
    ['revocation_endpoint', `https://id.example.org/${evil}`],
  ])('login refuses the %s %j', async (name, url) => {
    const { code, shown } = await login({ [name]: url }, {});
    expect(code).toBe(6);
    expect(shown).toContain(`The ${name} of http://localhost:`);
    expect(shown).not.toMatch(dangerous);
  });

  test.each([
    { verification_uri: 'vscode://x' },
    { verification_uri_complete: '-x' },
    { user_code: evil },
    { user_code: 'A'.repeat(65) },
  ])('login shows neither page nor code of %j', async (device) => {
    const { code, shown } = await login({}, device);
    expect(code).toBe(6);
    expect(shown).not.toContain('Open this page');
    expect(shown).not.toMatch(dangerous);
  });

  test('login prints the words of a refusal without control characters', async () => {
    const { code, shown } = await login({}, {});
    expect(code).toBe(4);
    expect(shown).toContain('access_denied');
    expect(shown).not.toMatch(dangerous);
  });
});
