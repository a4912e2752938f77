/**
 * Runs the embedded Tekton and Kubernetes API in a process of their own, for tests that kill the process. Arguments:
 * the data folder and the URL for events. Prints the address of the Kubernetes API.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createKubeApi } from '../../../../embedded/kubernetes/api.ts';
import { createTekton } from '../../../../embedded/tekton/tekton.ts';

const [, , folder = '', sink = ''] = process.argv;
const api = await createKubeApi({ folder: join(folder, 'kube') });
await createTekton({
  objects: api.objects,
  folder: join(folder, 'tekton'),
  sink: () => sink || undefined,
  images: () => ({ env: {} }),
});
const server = createServer((req, res) => api.handler(req, res));
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`),
);
