import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKubeApi, type KubeApi, type KubeApiOptions } from '../../../embedded/kubernetes/api.ts';
import type { KubeObject } from '../../../embedded/kubernetes/types.ts';
import type { Kube } from '../../../lib/kube/client.ts';
import { startServer } from '../server.ts';
import { type ClientOptions, kubeTo } from './client.ts';
import { type Fault, type PlannedFault, takeFault } from './faults.ts';

type CallResponse = {
  status: number;
  body: KubeObject & Record<string, never> & { items: KubeObject[]; code: number; reason: string; message: string };
};

/**
 * The embedded Kubernetes API on an HTTP server, with functions by which a test records requests and makes them fail.
 */
export type TestCluster = {
  api: KubeApi;
  url: string;
  folder: string;
  /** Method and URL of every request to the Kubernetes API of the test, such as `GET /api/v1/…?watch=true`. */
  requests: string[];
  /** Faults that the next requests to the Kubernetes API of the test meet, such as a broken connection. */
  faults: PlannedFault[];
  /** Lets every request to the Kubernetes API of the test meet a fault. Undefined ends the faults. */
  failAll(fault: Fault | undefined): void;
  /** Makes a new Kubernetes client from the code of the service, for the Kubernetes API of the test. */
  kube(options?: ClientOptions): Kube;
  /** Sends one request with a JSON body to the Kubernetes API, and reads a JSON response. */
  call(method: string, path: string, body?: unknown, mediaType?: string): Promise<CallResponse>;
  close(): Promise<void>;
};

export type ClusterOptions = Partial<KubeApiOptions> & {
  /** Size in bytes of the parts in which the body of a response is sent. Default: as the API server writes it. */
  partBytes?: number;
};

export const temporaryFolder = async (): Promise<{ folder: string; remove(): Promise<void> }> => {
  const folder = await mkdtemp(join(tmpdir(), 'kube-'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }) };
};

const call = async (
  url: string,
  method: string,
  path: string,
  body?: unknown,
  mediaType = 'application/json',
): Promise<CallResponse> => {
  const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': mediaType } };
  const response = await fetch(url + path, { method, ...init });
  return { status: response.status, body: (await response.json()) as CallResponse['body'] };
};

const splitWrites = (res: ServerResponse, partBytes: number): void => {
  const write = res.write.bind(res);
  const writeParts = (bytes: Buffer): boolean => {
    let mayGoOn = true;
    for (let from = 0; from < bytes.length; from += partBytes) mayGoOn = write(bytes.subarray(from, from + partBytes));
    return mayGoOn;
  };
  Object.assign(res, { write: (chunk: Buffer | string) => writeParts(Buffer.from(chunk)) });
};

/**
 * Starts the embedded Kubernetes API for a test. Without a folder in the options, a temporary folder holds its data.
 */
export const startCluster = async ({ partBytes, ...options }: ClusterOptions = {}): Promise<TestCluster> => {
  const temporary = options.folder === undefined ? await temporaryFolder() : undefined;
  const folder = options.folder ?? temporary?.folder ?? '';
  const api = await createKubeApi({ ...options, folder });
  const [requests, faults, clients]: [string[], PlannedFault[], Kube[]] = [[], [], []];
  let faultOfAll: Fault | undefined;
  const handle = (req: IncomingMessage, res: ServerResponse): void => {
    requests.push(`${req.method} ${req.url}`);
    if (partBytes !== undefined) splitWrites(res, partBytes);
    const fault = faultOfAll ?? takeFault(faults, req);
    if (fault) fault(req, res, () => api.handler(req, res));
    else api.handler(req, res);
  };
  const server = await startServer(handle);
  return {
    ...{ api, url: server.url, folder, requests, faults },
    failAll: (fault) => {
      faultOfAll = fault;
    },
    kube: (clientOptions) => {
      const kube = kubeTo(server.url, clientOptions);
      clients.push(kube);
      return kube;
    },
    call: (method, path, body, mediaType) => call(server.url, method, path, body, mediaType),
    close: async () => {
      for (const client of clients) client.close();
      await api.close();
      await server.close();
      await temporary?.remove();
    },
  };
};
