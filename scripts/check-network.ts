/**
 * Tries which addresses a build can reach on the cluster that KUBECONFIG names, and whether the cluster enforces
 * NetworkPolicies. Ends with status 1 where a build reaches something that it must not reach.
 *   npm run check:network [-- --namespace NAMESPACE]        default image-build
 */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { runScript } from './containers.ts';
import { checkNetwork } from './network/check.ts';
import type { Kubectl } from './network/pods.ts';
import { reportOf } from './network/verdicts.ts';

const kubectlIn =
  (namespace: string): Kubectl =>
  async (words, input = '') => {
    const child = spawn('kubectl', ['--namespace', namespace, ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
    const closed = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
    child.stdin.on('error', () => undefined).end(input);
    const [output, code] = await Promise.all([text(child.stdout), closed]);
    if (code !== 0) throw new Error(`kubectl ${words.slice(0, 3).join(' ')} failed with exit code ${code}.`);
    return output;
  };

await runScript(async () => {
  const { namespace } = parseArgs({ options: { namespace: { type: 'string', default: 'image-build' } } }).values;
  const findings = await checkNetwork(kubectlIn(namespace), namespace);
  console.log(reportOf(findings));
  if (findings.some(({ isWrong }) => isWrong)) process.exitCode = 1;
});
