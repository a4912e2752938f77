import { request } from 'node:http';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { serveGit } from '../../../local/git-server.ts';

const statusFor = (url: string, host: string, path?: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { headers: { host }, ...(path ? { path } : {}) }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    });
    sent.on('error', reject).end();
  });

test('the git server serves requests to a name of this machine, and no website whose name leads here', async () => {
  const git = await serveGit({ repositories: { example: join(import.meta.dirname, '../../../examples/procfile') } });
  try {
    const refs = `${git.url}/example.git/info/refs?service=git-upload-pack`;
    expect(await statusFor(refs, 'localhost:1')).toBe(200);
    expect(await statusFor(refs, 'attacker.example')).toBe(421);
  } finally {
    await git.close();
  }
});

test('the git server serves on after requests whose path is no URL', async () => {
  const git = await serveGit({ repositories: { example: join(import.meta.dirname, '../../../examples/procfile') } });
  try {
    for (const path of ['//', '/%ff', '/%00', '//[', '/example.git/%00']) {
      const status = await statusFor(git.url, 'localhost', path);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
    }
    const refs = `${git.url}/example.git/info/refs?service=git-upload-pack`;
    expect(await statusFor(refs, 'localhost')).toBe(200);
  } finally {
    await git.close();
  }
});
