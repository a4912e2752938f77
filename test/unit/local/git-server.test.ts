import { request } from 'node:http';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { serveGit } from '../../../local/git-server.ts';

const statusFor = (url: string, host: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { headers: { host } }, (response) => {
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
