import { expect, test } from '@jest/globals';
import { checkNetwork } from '../../../scripts/network/check.ts';
import { reportOf } from '../../../scripts/network/verdicts.ts';
import { kubectl } from '../pipeline/cluster.ts';
import { builds } from './service.ts';

const inBuilds = (words: string[], input?: string) => kubectl(['--namespace', builds, ...words], input);

test('the check says for each address whether a build reaches it, and leaves no pod', async () => {
  const findings = await checkNetwork(inBuilds, builds);
  const report = reportOf(findings);
  const found = (target: string) => findings.filter((finding) => finding.target.includes(target));
  // These addresses are the same on every cluster: pods connect to each other and to the registry, and a function
  // refuses a caller without a credential.
  const [plain] = found('a pod without a policy');
  expect(plain?.outcome.connected).toBe(true);
  expect(found('the registry').map(({ isWrong }) => isWrong)).toEqual([false]);
  expect(found("Knative's gateway").map(({ outcome }) => outcome.status)).toEqual([401]);
  // Whether NetworkPolicies are enforced depends on the cluster, but all of them are or none is.
  const closed = findings.filter(({ expected, target }) => expected === 'closed' && !target.includes('metadata'));
  expect(closed).toHaveLength(3);
  expect(new Set(closed.map(({ isWrong }) => isWrong)).size).toBe(1);
  expect(report).toContain(closed[0]?.isWrong ? 'NetworkPolicies for outgoing connections are not enforced' : 'ok');
  const left = ['get', 'pods,networkpolicies', '-l', 'builds.toolforge.org/network-check', '-o', 'name'];
  expect(
    (await inBuilds(left))
      .trim()
      .split('\n')
      .filter((name) => name.includes('networkpolicy')),
  ).toEqual([]);
});
