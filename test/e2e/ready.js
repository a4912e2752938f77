import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const kubectl = (...words) => promisify(execFile)('kubectl', ['--namespace', 'image-build', ...words]);

/** What is to be ready, by its kind, and how long that may take where images are pulled for the first time. */
const parts = ['ksvc', 'brokers', 'triggers', 'pingsources'];
const patience = '--timeout=300s';

const isObserved = async () => {
  const { stdout } = await kubectl('get', parts.join(','), '-o', 'json');
  return JSON.parse(stdout).items.every(({ metadata, status }) => status?.observedGeneration === metadata.generation);
};

/** Tests are of what was applied last: waits until that is what runs. */
// biome-ignore lint/style/noDefaultExport: Jest asks for it.
export default async () => {
  const end = Date.now() + 60_000;
  while (!(await isObserved()) && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 500));
  for (const kind of parts) await kubectl('wait', kind, '--all', '--for=condition=Ready', patience);
  for (const name of ['gateway', 'issuer']) await kubectl('rollout', 'status', `deployment/${name}`, patience);
};
