import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { documentedRobot } from '../../support/harbor/documented-robots.ts';
import { type Json, waitTimeout } from '../pipeline/cluster.ts';
import { bundle, programPod } from '../program-pod.ts';
import { type Service, until } from '../service/service.ts';
import { settings } from '../site.js';
import { clusterDomain } from '../toolforge/cluster-domain.ts';

const root = join(import.meta.dirname, '../../..');
const port = 8080;

/** Files that the program reads, and the program itself, by their paths in the repository. */
const files = ['test/support/harbor/harbor.mjs', 'docs/deploy.md', 'test/fixtures/harbor/api-v2.0.yaml'];

type Response = { status: number; json: unknown };

/** The fake of Harbor in a pod. */
export type ClusterHarbor = {
  /**
   * Host in names of images. The lifecycle speaks plain HTTP with a host whose name ends in .local, so the cluster's
   * domain must end so.
   */
  host: string;
  /** Names and passwords of the robot accounts that docs/deploy.md makes: of the functions, and of builds. */
  accounts: Record<'functions' | 'builds', { name: string; password: string }>;
  /** Calls Harbor's API as an administrator, from the pod of the git server. */
  call: (method: string, path: string, body?: object) => Promise<Response>;
  /** Runs `work` while nobody can reach Harbor. */
  whileAway: <T>(work: () => Promise<T>) => Promise<T>;
  /** Returns what Harbor's API document does not allow of all requests and responses, one on each line. */
  problems: () => Promise<string>;
};

const harborService = (app: string): Json => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'harbor' },
  spec: { selector: { app }, ports: [{ port }] },
});

const startPod = async ({ namespace, gateway }: Service, env: Record<string, string>): Promise<void> => {
  const program = join(gateway.folder, 'harbor.mjs');
  await bundle('test/support/harbor/main.ts', program);
  const names = files.map((file) => file.replaceAll('/', '.'));
  const from = names.map((name, at) => `--from-file=${name}=${at === 0 ? program : join(root, files[at] ?? '')}`);
  await namespace.kubectl(['create', 'configmap', 'harbor', ...from]);
  const folder = '/app';
  const paths = Object.fromEntries(names.map((name, at) => [name, files[at] ?? '']));
  const mount = { configMap: 'harbor', folder, files: paths };
  const image = settings.ARCHIVER_IMAGE ?? '';
  await namespace.apply(programPod('harbor', image, [`${folder}/${files[0]}`], env, mount), harborService('harbor'));
  await namespace.kubectl(['wait', '--for=condition=Ready', 'pod/harbor', waitTimeout]);
};

/** Starts the fake of Harbor in the namespace of the tests, which the Service removes. */
export const startHarbor = async (service: Service): Promise<ClusterHarbor> => {
  const { namespace } = service;
  const [api, push, admin] = [0, 1, 2].map(() => randomBytes(16).toString('hex')) as [string, string, string];
  await startPod(service, { PORT: String(port), API_PASSWORD: api, PUSH_PASSWORD: push, ADMIN_PASSWORD: admin });
  const host = `harbor.${namespace.name}.svc.${await clusterDomain()}:${port}`;
  const call: ClusterHarbor['call'] = async (method, path, body) => {
    const sent = body ? ['--header', 'content-type: application/json', '--data', JSON.stringify(body)] : [];
    const options = ['--silent', '--user', `admin:${admin}`, '--request', method, '--write-out', '\\n%{http_code}'];
    const words = ['exec', 'git', '--', 'curl', ...options, ...sent, `http://${host}/api/v2.0${path}`];
    const [, text = '', status] = /^(.*)\n(\d{3})$/s.exec(await namespace.kubectl(words)) ?? [];
    return { status: Number(status), json: text === '' ? undefined : JSON.parse(text) };
  };
  const isThere = async () => (await call('GET', '/quotas').catch(() => ({ status: 0 }))).status === 200;
  await until('Harbor responds', isThere);
  return {
    host,
    accounts: {
      functions: { name: documentedRobot('builds-api').name, password: api },
      builds: { name: documentedRobot('builds-push').name, password: push },
    },
    call,
    whileAway: async (work) => {
      await namespace.apply(harborService('nobody'));
      await until('Harbor is away', async () => !(await isThere()));
      try {
        return await work();
      } finally {
        await namespace.apply(harborService('harbor'));
        await until('Harbor is back', isThere);
      }
    },
    problems: () => namespace.kubectl(['logs', 'harbor']),
  };
};
