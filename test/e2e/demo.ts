/**
 * Shows a build on a cluster with the service deployed for tests: the CLI starts a build of a repository in the cluster's git
 * server, with a tool's certificate through the gateway. At the end the demo removes everything that it made.
 *   npm run demo:cluster [-- EXAMPLE]       a folder of examples/; default static
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import './site.js';
import { example } from './pipeline/git-pod.ts';
import { waitUntilReady } from './ready.ts';
import { openService } from './service/service.ts';

const main = join(import.meta.dirname, '../../cli/main.ts');

const print = (text: string): void => console.log(`\n\u001b[1m${text}\u001b[0m`);

const demo = async (): Promise<void> => {
  print('Waiting until the deployed service is ready …');
  await waitUntilReady();
  const service = await openService();
  try {
    const tool = await service.tool();
    const name = process.argv[2] ?? 'static';
    const url = await service.repository(name, await example(name));
    const kubeconfig = await service.gateway.kubeconfig(tool.name);
    const env = { ...process.env, KUBECONFIG: kubeconfig, TOOL_TOOLFORGE_API_URL: service.gateway.url };
    for (const words of [['start', url], ['list'], ['quota']]) {
      print(`$ toolforge-build ${words.join(' ')}`);
      const [code] = await once(spawn(process.execPath, [main, ...words], { stdio: 'inherit', env }), 'close');
      if (code !== 0) throw new Error(`toolforge-build ${words[0]} ended with exit status ${code}.`);
    }
  } finally {
    print('Removing the build, the tool and the git server …');
    await service.close();
  }
};

try {
  await demo();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
