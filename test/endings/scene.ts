import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noLog } from '../../lib/log.ts';
import { serveGit } from '../../local/git-server.ts';
import { toolToken } from '../../local/issuer.ts';
import { type Platform, startPlatform } from '../../local/platform.ts';
import type { Scene } from './trial.ts';

const stubborn = join(import.meta.dirname, '../fixtures/repositories/stubborn');

/** Builds a repository and waits for the end of the build. @returns the name of the image */
const build = async ({ url, issuer }: Platform, repository: string): Promise<string> => {
  const headers = { authorization: `Bearer ${await toolToken(issuer, 'mytool')}`, 'content-type': 'application/json' };
  const builds = `${url}/v1/tool/mytool/builds`;
  const body = JSON.stringify({ source_url: repository });
  const started = await fetch(builds, { method: 'POST', headers, body });
  const { new_build: created } = (await started.json()) as { new_build: { name: string } };
  const log = await (await fetch(`${builds}/${created.name}/logs?follow=true`, { headers })).text();
  if (!log.includes('BUILD_SUCCESS')) throw new Error(`The build of ${repository} failed:\n${log}`);
  const response = await fetch(`${builds}/${created.name}`, { headers });
  return ((await response.json()) as { build: { destination_image: string } }).build.destination_image;
};

/**
 * Makes what all trials share. The repository's build and its image start processes that ignore SIGTERM or leave their
 * session.
 */
export const makeScene = async (): Promise<Scene & { close(): Promise<void> }> => {
  const folder = await mkdtemp(join(tmpdir(), 'scene-'));
  const git = await serveGit({ repositories: { stubborn }, folder: join(folder, 'git') });
  const repository = `${git.url}/stubborn.git`;
  const platform = await startPlatform({
    ...{ folder: join(folder, 'data'), port: 0, gatewayPort: 0, log: noLog },
  });
  const image = await build(platform, repository).finally(platform.close);
  const close = async (): Promise<void> => {
    await git.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  return { imagesFolder: platform.imagesFolder, image, repository, close };
};
