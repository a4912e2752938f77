import type { IncomingMessage, ServerResponse } from 'node:http';

/** Numbers of finished builds of a tool, and of keys in a page of the object store. */
const [buildsOfTool, keysOfPage] = [20, 1000];
const message = 'The step build failed, and this is what it wrote: "npm error". '.repeat(16);
const envvars = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`VARIABLE_${at}`, 'value '.repeat(10)]));

const toolOf = (at: number): string => `tool-${String(at).padStart(6, '0')}`;
const idOf = (tool: string, at: number): string => `${tool}-buildpacks-pipelinerun-${String(at).padStart(10, '0')}`;

const buildOf = (tool: string, at: number) => ({
  ...{ id: idOf(tool, at), status: 'BUILD_FAILURE', message, log: 'complete', commit: '0'.repeat(40) },
  ...{ sourceUrl: 'https://example.org/r.git', image: `registry.example/tool-${tool}/app:latest` },
  parameters: { source_url: 'https://example.org/r.git', ref: '', image_name: 'app', envvars },
  ...{ acceptedAt: '2026-11-28T08:00:00.000Z', startedAt: '2026-11-28T08:00:00.000Z' },
  finishedAt: '2026-11-28T08:05:00.000Z',
});

const ledgerJson = (tool: string): string => {
  const finished = Array.from({ length: buildsOfTool }, (_, build) => buildOf(tool, build));
  return JSON.stringify({
    ...{ apiVersion: 'builds.toolforge.org/v1alpha1', kind: 'BuildLedger', metadata: { name: tool }, spec: { tool } },
    status: { running: [], queued: [], finished, keys: [] },
  });
};

const template = ledgerJson('TOOL');

const ledgerOf = (at: number): string => template.replaceAll('TOOL', toolOf(at));

/** Sends a page of ledgers as the API server does, with its metadata last. */
const sendLedgers = (res: ServerResponse, tools: number, query: URLSearchParams): void => {
  const from = Number(query.get('continue') ?? 0);
  const to = Math.min(tools, from + Number(query.get('limit')));
  res.writeHead(200, { 'content-type': 'application/json' }).write('{"items":[');
  for (let at = from; at < to; at += 1) res.write(`${at > from ? ',' : ''}${ledgerOf(at)}`);
  res.end(`],"kind":"BuildLedgerList","metadata":${JSON.stringify(to < tools ? { continue: String(to) } : {})}}`);
};

/** Sends a page of the keys of archived logs: an index and a segment of each build. */
const sendKeys = (res: ServerResponse, tools: number, query: URLSearchParams): void => {
  // Sweep lists the keys behind a few characters, so all of these keys are on the same side of that place.
  const isBehind = (query.get('start-after') ?? '') > `logs/${toolOf(0)}`;
  const from = Number(query.get('continuation-token') ?? (isBehind ? tools * buildsOfTool * 2 : 0));
  const to = Math.min(tools * buildsOfTool * 2, from + keysOfPage);
  const keys = Array.from({ length: to - from }, (_, index) => {
    const build = Math.floor((from + index) / 2);
    const tool = toolOf(Math.floor(build / buildsOfTool));
    const name = (from + index) % 2 === 0 ? 'index.json' : 'segments/0000';
    return `<Contents><Key>logs/${tool}/${idOf(tool, build % buildsOfTool)}/${name}</Key></Contents>`;
  });
  const isLast = to === tools * buildsOfTool * 2;
  const next = isLast ? '' : `<NextContinuationToken>${to}</NextContinuationToken>`;
  res.end(`<ListBucketResult><IsTruncated>${!isLast}</IsTruncated>${keys.join('')}${next}</ListBucketResult>`);
};

/** The requests that a fleet's server has answered: numbers for the API server, and for the object store. */
export type Requests = { kubernetes: number; store: number };

/**
 * Makes a server that answers as the API server and the object store of a fleet do in which nothing happens.
 * @param jwks the keys that sign the tokens of events
 */
export const fleetServer = (tools: () => number, jwks: object, requests: Requests) => {
  const json = (res: ServerResponse, status: number, body: object): void => {
    res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  return (req: IncomingMessage, res: ServerResponse): void => {
    const { pathname, searchParams } = new URL(req.url ?? '', 'http://localhost');
    if (pathname.startsWith('/bucket')) requests.store += 1;
    else if (pathname !== '/keys') requests.kubernetes += 1;
    if (pathname === '/keys') json(res, 200, jwks);
    else if (pathname.startsWith('/bucket')) sendKeys(res, tools(), searchParams);
    else if (pathname.endsWith('/buildledgers')) sendLedgers(res, tools(), searchParams);
    else if (pathname.endsWith('/builds')) json(res, 404, { reason: 'NotFound', message: 'no capacity' });
    else json(res, 200, { items: [], metadata: {} });
  };
};
