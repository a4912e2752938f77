import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Build, build } from './builds.ts';
import { credentials, makeNamespace, marker, type Namespace } from './cluster.ts';
import { type GitServer, startGitServer } from './git-pod.ts';
import { imageName, layersOf, readConfig, readLayer, readManifest, removeImage } from './registry.ts';
import { installTestPipeline, testBuilder } from './test-builder.ts';

const path = `pipeline-test/${randomBytes(4).toString('hex')}/hostile`;
const image = imageName(`${path}:latest`);
const forged = `sha256:${'f'.repeat(64)}`;
let namespace: Namespace;
let git: GitServer;

/** Builds a Node.js project whose build script is a hostile shell program. */
const attack = async (name: string, program: string): Promise<Build> => {
  const manifest = { name: 'hostile', scripts: { build: 'bash attack.sh', start: 'node server.mjs' } };
  const server =
    "import { createServer } from 'node:http';\ncreateServer((_, response) => response.end('mine')).listen(8000);\n";
  const files = { 'package.json': JSON.stringify(manifest), 'attack.sh': program, 'server.mjs': server };
  return build(namespace, { ...(await git.commit(name, files)), image });
};

beforeAll(async () => {
  namespace = await makeNamespace();
  await installTestPipeline(namespace);
  git = await startGitServer(namespace);
});

afterAll(async () => {
  for (const tag of ['latest', 'build-cache']) await removeImage(path, tag);
  await namespace?.remove();
});

/** Expects that neither the build's logs nor the layers of its image and cache contain the registry's credentials. */
const expectNoLeak = async (run: Build): Promise<void> => {
  for (const step of ['clone', 'analyze', 'detect', 'restore', 'build', 'seal', 'export']) {
    expect(await run.log(step).catch(() => '')).not.toContain(marker);
  }
  for (const tag of ['latest', 'build-cache']) {
    const manifest = await readManifest(path, tag).catch(() => undefined);
    if (manifest === undefined) continue;
    expect(JSON.stringify(await readConfig(path, manifest))).not.toContain(marker);
    const own = manifest.layers.filter(({ size }) => size < 20_000_000);
    for (const layer of own) expect(JSON.stringify(await readLayer(path, layer))).not.toContain(marker);
  }
};

test('a build script finds neither credentials nor a token', async () => {
  const run = await attack(
    'credentials',
    `echo "user $(id -u):$(id -g) capabilities $(grep CapEff /proc/self/status | cut -f2) no new privileges $(grep NoNewPrivs /proc/self/status | cut -f2)"
    echo "seccomp $(grep -w Seccomp /proc/self/status | cut -f2)"
    ls -la /registry-credentials /var/run/secrets/kubernetes.io/serviceaccount /tekton/creds /tekton/creds-secrets "$HOME/.docker" 2>&1
    found=$(grep -rsl -e '"auths"' -e 'robot' / --include='*.json' --exclude-dir=proc --exclude-dir=sys --exclude-dir=node_modules 2>/dev/null | head)
    echo "files with credentials: [$found]"
    echo "tokens: [$(find / -xdev -path '*serviceaccount*' -name token 2>/dev/null)]"
    env; cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n'
    echo "users that sudo or su make: [$(su -c id 2>/dev/null; sudo -n id 2>/dev/null)]"`,
  );
  expect(run.failed).toBeUndefined();
  const log = await run.log('build');
  const { user, group } = testBuilder().settings;
  expect(log).toContain(`user ${user}:${group} capabilities 0000000000000000 no new privileges 1`);
  expect(log).toContain('seccomp 2');
  expect(log).toContain('files with credentials: []');
  expect(log).toContain('tokens: []');
  expect(log).toContain('users that sudo or su make: []');
  expect(log).not.toContain('DOCKER_CONFIG');
  await expectNoLeak(run);
});

test('a build script changes neither the run image nor the results', async () => {
  const run = await attack(
    'forge',
    `try() { if eval "$1" 2>/dev/null; then echo "done: $1"; else echo "refused: $1"; fi; }
    try 'echo x >>/state/analyzed/analyzed.toml'
    try 'mv /state/analyzed/analyzed.toml /state/analyzed/other'
    try 'rm -f /state/detected/group.toml'
    try 'echo x >/platform/env/PATH'
    try 'echo x >>/steps/export.sh'
    try 'echo x >>/cnb/lifecycle/exporter'
    try 'echo x >>/cnb/run.toml'
    try 'mv /workspace /away'
    try 'ln -sfT /registry-credentials /workspace'
    try 'ln -sfT /registry-credentials ${testBuilder().settings.home}'
    try 'printf %s ${forged} >/tekton/steps/step-export/results/APP_IMAGE_DIGEST'
    try 'mkdir /tekton/steps/step-export/results/x'
    try 'ln -sfn /tekton/results /tekton/steps/step-export/results'
    try 'printf %s stolen >/tekton/steps/step-analyze/results/failure'
    try 'touch /tekton/run/5/out'
    try 'touch /tekton/run/6/out'
    printf %s ${forged} >/tekton/results/APP_IMAGE_DIGEST
    printf %s registry.invalid/stolen >/tekton/results/APP_IMAGE_URL
    mkdir -p /layers/config
    printf '[image]\\ndigest = "${forged}"\\n' | tee /layers/report.toml /layers/config/report.toml >/dev/null
    printf '[run-image]\\nreference = "registry.invalid/stolen@${forged}"\\n' >/layers/analyzed.toml`,
  );
  expect(run.failed).toBeUndefined();
  const log = await run.log('build');
  expect(log).toContain('refused: ');
  expect(log).not.toContain('done: ');
  const manifest = await readManifest(path, 'latest');
  expect(run.results).toEqual({ APP_IMAGE_URL: image, APP_IMAGE_DIGEST: manifest.digest });
  const base = await layersOf(testBuilder().runImage);
  expect((await layersOf(image)).slice(0, base.length)).toEqual(base);
  const { config } = await readConfig(path, manifest);
  expect(config.Env).toEqual(expect.arrayContaining([expect.stringMatching(/^PATH=\/cnb\/process:\/cnb\/lifecycle:/)]));
});

test.each([
  [
    'the credentials in the place of a folder among the layers',
    'ln -s /registry-credentials /layers/toolforge_other',
    'something else than a file or a folder',
  ],
  [
    'the credentials in the place of a layer',
    `cd /layers/toolforge_node; printf '[types]\\nlaunch = true\\n' >x.toml; ln -s /registry-credentials x`,
    'something else than a file or a folder',
  ],
])('the step seal refuses a symbolic link to %s', async (name, program, words) => {
  const run = await attack(`link-${name.replaceAll(/[^a-z]+/g, '-')}`, program);
  await expectNoLeak(run);
  expect(run.failed).toMatchObject({ step: 'seal', message: expect.stringContaining(words) });
});

test('symbolic links inside the application stay links', async () => {
  const run = await attack(
    'links',
    'ln -s /registry-credentials secrets; ln -s /registry-credentials/config.json config.json; ln -s /proc/self/environ environ',
  );
  expect(run.failed).toBeUndefined();
  await expectNoLeak(run);
});

test('a build script that starts the next step early changes no file while the step export reads it', async () => {
  const { stringData } = credentials() as { stringData: Record<string, string> };
  const size = Buffer.byteLength(stringData['.dockerconfigjson'] ?? '');
  const run = await attack(
    'early',
    `mkdir many; for n in $(seq 500); do echo $n >many/$n; done
    head -c ${size} /dev/zero >zzz
    mkdir -p /layers/config
    printf '[[buildpacks]]\\nid = "toolforge/node"\\nversion = "0.1.0"\\napi = "0.11"\\n' >/layers/config/metadata.toml
    touch "/tekton/run/$(ls -d /tekton/run/*/out | wc -l)/out" && echo 'the next step may start'
    end=$((SECONDS + 15))
    while [ $SECONDS -lt $end ]; do
      ln -s /registry-credentials/config.json link; mv -T link zzz
      head -c ${size} /dev/zero >file; mv -T file zzz
    done`,
  );
  expect(await run.log('build')).toContain('the next step may start');
  expect(run.times('export')[0] < run.times('build')[1]).toBe(true);
  await expectNoLeak(run);
});
