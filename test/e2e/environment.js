import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { TestEnvironment } from 'jest-environment-node';

const folder = join(import.meta.dirname, '../../e2e-failures');
const namespace = ['--namespace', 'image-build'];

/** Arguments of kubectl that print the evidence of a failed test, by the name of the file to write. */
const evidence = {
  'objects.yaml': [
    ...namespace,
    'get',
    'buildledgers,buildcapacities,pipelineruns,taskruns,jobs,pods,ksvc,revisions,brokers,triggers,pingsources',
    '-o',
    'yaml',
  ],
  'events.txt': ['get', 'events', '--all-namespaces', '--sort-by=.lastTimestamp'],
  'functions.log': [
    ...namespace,
    'logs',
    '-l',
    'serving.knative.dev/service',
    '-c',
    'function',
    '--prefix',
    '--tail=300',
    '--max-log-requests=50',
  ],
  'gateway.log': ['--namespace', 'builds-api', 'logs', 'deployment/gateway', '--all-containers', '--tail=300'],
  'archivers.log': [...namespace, 'logs', '-l', 'batch.kubernetes.io/job-name', '--prefix', '--tail=200'],
  'broker-filter.log': ['--namespace', 'knative-eventing', 'logs', 'deployment/mt-broker-filter', '--tail=100'],
};

const collect = async (test, errors) => {
  const target = join(folder, test.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 100));
  await mkdir(target, { recursive: true });
  await writeFile(join(target, 'error.txt'), errors);
  for (const [file, words] of Object.entries(evidence)) {
    const { stdout } = await promisify(execFile)('kubectl', words, { maxBuffer: 64 * 1024 * 1024 }).catch((error) => ({
      stdout: `${error.stdout ?? ''}\n${error.message}`,
    }));
    await writeFile(join(target, file), stdout);
  }
};

const titleOf = (test) => (test.parent ? `${titleOf(test.parent)} ${test.name}` : '');

/** Collects objects and logs of the cluster after a test fails, before the test removes its objects. */
// biome-ignore lint/style/noDefaultExport: Jest requires a default export.
export default class extends TestEnvironment {
  #file;

  constructor(config, context) {
    super(config, context);
    this.#file = basename(context.testPath, '.test.ts');
  }

  async handleTestEvent(event) {
    if (event.name !== 'test_fn_failure' && event.name !== 'hook_failure') return;
    const title = event.test ? titleOf(event.test) : 'hook';
    await collect(`${this.#file} ${title}`, String(event.error?.stack ?? event.error));
  }
}
