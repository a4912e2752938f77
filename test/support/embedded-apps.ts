import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { runImage } from '../../embedded/image/run.ts';
import { stepEnvironment } from '../../embedded/lifecycle/environment.ts';
import { serveGit } from '../../local/git-server.ts';
import { runBuild } from '../unit/embedded/lifecycle/pipeline-run.ts';
import type { AppPlatform } from './app-platform.ts';

/** Prepares builds and images on the embedded platform. @param folder with the bare repositories */
export const embeddedApps = async (folder: string): Promise<AppPlatform> => {
  const data = await mkdtemp(join(tmpdir(), 'app-builds-'));
  const git = await serveGit({ folder });
  return {
    serve: async (repository) => `${git.url}/${basename(repository)}`,
    build: ({ image, ...build }) => runBuild({ ...build, data, image: `registry.example.org/tool-x/${image}:latest` }),
    start: async ({ image, digest, process: type, args = [] }) => {
      // The interpreter of Python may be one of pyenv.
      const machine = stepEnvironment(process.env);
      const own = type === undefined ? {} : { process: type };
      const imagesFolder = join(data, 'images');
      const running = await runImage({ imagesFolder, image: `tool-x/${image}@${digest}`, machine, args, ...own });
      return {
        page: async (path = '/') => (await fetch(running.url + path)).text(),
        signal: async () => running.signal('SIGTERM'),
        output: async () => running.output(),
        ended: () => running.ended,
        stop: () => running.stop(),
      };
    },
    close: async () => {
      await git.close();
      await rm(data, { recursive: true, force: true, maxRetries: 3 });
    },
  };
};
