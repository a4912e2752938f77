/**
 * Fills the folder of NODE_COMPILE_CACHE with V8's compiled code while the image is built, so that functions start
 * faster. The script starts each function on the image's Node and sends two requests to the function. Node names the
 * cache after the user, so a function is started as the user that will run the function in a container.
 *
 *     node warm.mjs USER_ID CACHE_FOLDER
 */
import { spawn } from 'node:child_process';
import { chownSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const uid = Number(process.argv[2]);
const app = '/app';
const accounts = '/var/run/secrets';
const account = `${accounts}/kubernetes.io/serviceaccount`;
const cache = process.argv[3];

/**
 * Settings with which every function starts. Their addresses only need a valid form, since no server responds there.
 */
const settings = {
  PORT: '0',
  KUBERNETES_SERVICE_HOST: '127.0.0.1',
  BUILDS_NAMESPACE: 'builds',
  AUTH_ISSUERS: JSON.stringify([
    { issuer: 'http://issuer', audience: 'a', jwksUri: 'http://issuer/keys', claim: 'groups', prefix: 'tools.' },
  ]),
  EVENT_ISSUER: 'http://issuer',
  EVENT_SUBJECTS: 'sender',
  BUILDER: 'builder',
  RUNNER: 'run',
  ARCHIVER_IMAGE: 'functions',
  REGISTRY_URL: 'http://registry',
  REGISTRY_KIND: 'oci',
  LOG_STORE: 's3',
  S3_ENDPOINT: 'http://store',
  S3_BUCKET: 'logs',
  S3_ACCESS_KEY_FILE: `${account}/token`,
  S3_SECRET_KEY_FILE: `${account}/token`,
  BROKER_URL: 'http://broker',
  WEB_FOLDER: '/app/web/page',
};

const sendRequests = async (port) => {
  await fetch(`http://127.0.0.1:${port}/v1/tool/a/builds`).catch(() => {});
  await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: '{}' }).catch(() => {});
};

const warm = (name) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [`${app}/${name}/index.mjs`], {
      uid,
      gid: uid,
      env: { ...process.env, ...settings, NODE_COMPILE_CACHE: cache },
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    const output = [];
    createInterface(child.stderr).on('line', async (line) => {
      output.push(line);
      if (!line.includes('"listening"')) return;
      await sendRequests(JSON.parse(line).port);
      child.kill('SIGTERM');
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${name} did not start:\n${output.join('\n')}`));
    });
  });

mkdirSync(cache, { recursive: true });
chownSync(cache, uid, uid);
mkdirSync(account, { recursive: true });
for (const file of ['token', 'namespace']) writeFileSync(`${account}/${file}`, 'none');
// A function reads the certificates at its start, and uses them only for a connection.
writeFileSync(`${account}/ca.crt`, '-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n');
const folders = readdirSync(app, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const names = folders.map(({ name }) => name).filter((name) => name !== 'shared' && !name.startsWith('.'));
for (const name of names) await warm(name);
rmSync(accounts, { recursive: true, force: true });
