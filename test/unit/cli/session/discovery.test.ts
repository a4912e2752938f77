import { describe, expect, test } from '@jest/globals';
import { findIssuer } from '../../../../cli/session/discovery.ts';

const base = new URL('https://api.example.org/builds/v1');
const client = { issuer: 'https://id.example.org', client_id: 'cli', scope: 'openid offline_access' };

/**
 * Calls findIssuer with a fake API that names an issuer. The request for the issuer's metadata gets the given response.
 */
const findWith = (status: number, metadata: object) =>
  findIssuer(async (url) => {
    if (url === 'https://api.example.org/builds/.well-known/oauth-protected-resource')
      return Response.json({ resource: 'builds', clients: [client] });
    expect(url).toBe('https://id.example.org/.well-known/openid-configuration');
    return Response.json(metadata, { status });
  }, base);

describe('findIssuer', () => {
  test("returns the client that the API names, and the issuer's metadata", async () => {
    const metadata = { issuer: client.issuer, token_endpoint: 'https://id.example.org/token' };
    expect(await findWith(200, metadata)).toMatchObject({
      metadata,
      clientId: 'cli',
      scope: 'openid offline_access',
      resource: 'builds',
    });
  });

  test.each([
    ['authorization_endpoint', 'file:///etc/passwd'],
    ['token_endpoint', 'http://id.example.org/token'],
    ['device_authorization_endpoint', 'javascript:alert(1)'],
    ['revocation_endpoint', 'https://id.example.org@evil.example/'],
  ])('refuses an issuer whose %s is %s', async (name, url) => {
    const metadata = { issuer: client.issuer, token_endpoint: 'https://id.example.org/token', [name]: url };
    await expect(findWith(200, metadata)).rejects.toThrow(`The ${name} of https://id.example.org is`);
  });

  test.each(['ftp://id.example.org', 'https://id.example.org@evil.example', 'javascript:alert(1)'])(
    'refuses the issuer %s that the API names',
    async (issuer) => {
      const found = findIssuer(async () => Response.json({ clients: [{ ...client, issuer }] }), base);
      await expect(found).rejects.toThrow('The issuer that https://api.example.org names is');
    },
  );

  test.each([
    ['of another issuer', 200, { issuer: 'https://other.example.org', token_endpoint: 'https://id.example.org/token' }],
    ['of an issuer with another slash', 200, { issuer: 'https://id.example.org/', token_endpoint: 'https://t' }],
    ['without a token endpoint', 200, { issuer: 'https://id.example.org' }],
    ['with HTTP status 503', 503, {}],
  ])('refuses metadata %s', async (_, status, metadata) => {
    await expect(findWith(status, metadata)).rejects.toMatchObject({
      name: 'Failure',
      exitCode: 6,
      message: expect.stringContaining('https://id.example.org'),
    });
  });
});
