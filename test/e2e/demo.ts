/**
 * The main job on a cluster on which knative/overlays/test was applied: a repository in a git server of the cluster is
 * built, with this project's CLI and a tool's certificate through the gateway. Removes what it made.
 *   npm run demo:cluster [-- EXAMPLE]       one of examples/, static by default
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import './site.js';
import { example } from './pipeline/git-pod.ts';
import { waitUntilReady } from './ready.ts';
import { openService } from './service/service.ts';

const main = join(import.meta.dirname, '../../cli/main.ts');

const say = (text: string): void => console.log(`\n\u001b[1m${text}\u001b[0m`);

const demo = async (): Promise<void> => {
  say('Waiting until what was applied is ready …');
  await waitUntilReady();
  const service = await openService();
  try {
    const tool = await service.tool();
    const name = process.argv[2] ?? 'static';
    const url = await service.repository(name, await example(name));
    const kubeconfig = await service.gateway.kubeconfig(tool.name);
    const env = { ...process.env, KUBECONFIG: kubeconfig, TOOL_TOOLFORGE_API_URL: service.gateway.url };
    for (const words of [['start', url], ['list'], ['quota']]) {
      say(`$ toolforge-build ${words.join(' ')}`);
      const [code] = await once(spawn(process.execPath, [main, ...words], { stdio: 'inherit', env }), 'close');
      if (code !== 0) throw new Error(`toolforge-build ${words[0]} ended with exit status ${code}.`);
    }
  } finally {
    say('Removing what this made …');
    await service.close();
  }
};

try {
  await demo();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
