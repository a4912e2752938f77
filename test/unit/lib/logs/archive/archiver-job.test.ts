import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { archiverFromSettings, archiverSettings } from '../../../../../lib/builds/archiver-from-settings.ts';
import { readSettings } from '../../../../../lib/config/settings.ts';
import type { KubeObject } from '../../../../../lib/kube/resources.ts';
import { startArchiver } from '../../../../../lib/logs/archive/archiver-job.ts';
import { createSecretFinder, maskSpans } from '../../../../../lib/logs/masking/secret-finder.ts';
import { startCluster, type TestCluster } from '../../../../support/kubernetes/cluster.ts';

const pipelineRun = {
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { name: 'b-1' },
  spec: { pipelineRef: { name: 'toolforge-builds' } },
};

type Job = {
  spec: { template: { spec: { volumes: object[]; containers: { env: object[]; volumeMounts: object[] }[] } } };
};

let cluster: TestCluster;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'known-'));
  cluster = await startCluster();
});
afterEach(async () => {
  await cluster.close();
  await rm(folder, { recursive: true, force: true });
});

/** Returns the Job that archive-logs makes with these settings. */
const jobOf = async (environment: Record<string, string>) => {
  const settings = { ARCHIVER_IMAGE: 'functions:1', LOG_STORE: 's3', ...environment };
  const kube = cluster.kube();
  const archiver = archiverFromSettings(readSettings(archiverSettings, settings), settings);
  const run = await kube.create('pipelineruns', pipelineRun);
  await startArchiver(kube, run as never, 'tool', archiver);
  const [job] = (await kube.list<KubeObject & Job>('jobs')).items;
  if (!job) throw new Error('startArchiver made no Job');
  return { job, spec: job.spec.template.spec, container: job.spec.template.spec.containers[0] };
};

test('the archiver gets secrets as mounted files, and none in its environment', async () => {
  await writeFile(join(folder, 'gateway'), 'correct-horse-battery');
  const { job, spec, container } = await jobOf({
    S3_ACCESS_KEY_FILE: '/secrets/log-store/access-key',
    ARCHIVER_SECRET: 'log-store',
    KNOWN_SECRETS_FOLDER: folder,
    ARCHIVER_KNOWN_SECRETS: 'gateway/secret,registry-credentials/.dockerconfigjson',
  });
  expect(spec.volumes).toEqual([
    { name: 'tmp', emptyDir: { sizeLimit: '1Gi' } },
    { name: 'log-store', secret: { secretName: 'log-store', defaultMode: 0o644 } },
    {
      name: 'known-secrets',
      projected: {
        defaultMode: 0o644,
        sources: [
          { secret: { name: 'gateway', items: [{ key: 'secret', path: 'gateway-secret' }], optional: true } },
          {
            secret: {
              name: 'registry-credentials',
              items: [{ key: '.dockerconfigjson', path: 'registry-credentials-dockerconfigjson' }],
              optional: true,
            },
          },
        ],
      },
    },
  ]);
  expect(container?.volumeMounts).toContainEqual({ name: 'known-secrets', mountPath: folder, readOnly: true });
  expect(container?.env).toContainEqual({ name: 'KNOWN_SECRETS_FOLDER', value: folder });
  expect(JSON.stringify(job)).not.toContain('correct-horse');
});

test('the archiver of an installation without secrets mounts only a volume for temporary files', async () => {
  expect((await jobOf({})).spec.volumes).toEqual([{ name: 'tmp', emptyDir: { sizeLimit: '1Gi' } }]);
});

test('the files of the folder for known secrets are masked by value, and docker configs by their passwords', async () => {
  const auth = Buffer.from('robot:another-password-9').toString('base64');
  const config = { auths: { 'r.example': { username: 'robot', password: 'another-password-9', auth } } };
  // The kubelet makes each file of a mounted volume a symbolic link to a file in the folder `..data`, which is a link,
  // too.
  await mkdir(join(folder, '..2026'));
  await writeFile(join(folder, '..2026', 'gateway'), 'correct-horse-battery\n');
  await writeFile(join(folder, '..2026', 'registry-credentials'), JSON.stringify(config));
  await symlink('..2026', join(folder, '..data'));
  for (const name of ['gateway', 'registry-credentials']) await symlink(join('..data', name), join(folder, name));
  const { knownSecrets } = readSettings(['knownSecrets'], { KNOWN_SECRETS_FOLDER: folder });
  expect(knownSecrets?.values()).toEqual(['correct-horse-battery', 'another-password-9', auth]);
  const findSecrets = createSecretFinder(knownSecrets?.values() ?? []);
  const line = 'robot said correct-horse-battery and another-password-9';
  expect(maskSpans(line, findSecrets(line))).toBe('robot said [masked] and [masked]');
});

test('a docker config as `docker login` writes it is masked by its password', async () => {
  const auth = Buffer.from('robot$tool:correct:horse-battery').toString('base64');
  await writeFile(
    join(folder, 'registry-credentials'),
    JSON.stringify({ auths: { 'r.example': { auth }, empty: {} } }),
  );
  const { knownSecrets } = readSettings(['knownSecrets'], { KNOWN_SECRETS_FOLDER: folder });
  expect(knownSecrets?.values()).toEqual([auth, 'correct:horse-battery']);
});

test('a missing folder for known secrets is refused as a setting', () => {
  expect(() => readSettings(['knownSecrets'], { KNOWN_SECRETS_FOLDER: join(folder, 'none') })).toThrow(
    /^KNOWN_SECRETS_FOLDER must be empty or the path of a readable folder.*: .*none can not be read \(ENOENT\)$/,
  );
});
