/**
 * A fake of Harbor for tests: the part of its API 2.0 that the service uses, with projects, quotas and the permissions
 * of robot accounts, and the registry to which builds push. Each request to the API and each response is checked against
 * Harbor's API document.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { findOperation, type Operation, pathValues, requestProblems, responseProblems } from './api-document.ts';
import { artifactOf, type HarborProject, projectOf, quotaOf, repositoriesOf, summaryOf } from './bodies.ts';
import { PushRegistry } from './push.ts';
import { mayDo, type Need, type Robot, robotOf } from './robots.ts';

export type HarborOptions = {
  robots: Robot[];
  projects?: Record<string, Partial<HarborProject>>;
  /** Limit of storage of a new project in bytes. Default 1 GiB. */
  defaultLimit?: number;
  /** Status of responses about a project that does not exist: 403 for robots (default), 404 for administrators. */
  missing?: number;
  /** Digests of artifacts that an immutability rule protects. */
  immutable?: string[];
  /** Whether lists have the header Link. Default true. */
  links?: boolean;
};

export type FakeHarbor = {
  listener: RequestListener;
  projects: Map<string, HarborProject>;
  /** Problems of requests and responses, by the API document. A test that uses the fake expects an empty list at its end. */
  problems: string[];
  /** Deletes all projects without images, as a daily job of Toolforge does. */
  deleteEmptyProjects(): void;
};

type State = Pick<FakeHarbor, 'projects' | 'problems'> & { options: HarborOptions };
type Call = { state: State; robot: Robot; url: URL; values: Record<string, string>; name: string; body: string };
type Reply = { status: number; headers?: Record<string, string>; body?: unknown };
type OperationRow = { need?: Need; reply: (call: Call, project: HarborProject) => Reply };

const gib = 1024 ** 3;

const makeProject = (id: number, given: Partial<HarborProject>): HarborProject => ({
  ...{ id, isPublic: true, limit: gib, used: 0, repositories: {}, isProxyCache: false },
  ...given,
});

/** Returns an error as Harbor sends it. */
const failure = (status: number, code: string, message: string): Reply => ({
  status,
  body: { errors: [{ code, message }] },
});

/** Returns one page of a list, with the headers X-Total-Count and Link. */
const page = ({ url, state }: Call, items: unknown[]): Reply => {
  const [number, size] = [Number(url.searchParams.get('page') ?? 1), Number(url.searchParams.get('page_size') ?? 10)];
  const isLast = number * size >= items.length;
  const next = `<${url.pathname}?page=${number + 1}&page_size=${size}>; rel="next"`;
  const link = { Link: `<${url.pathname}?page=1>; rel="prev" , ${next}` };
  return {
    status: 200,
    headers: { 'X-Total-Count': String(items.length), ...(state.options.links !== false && !isLast ? link : {}) },
    body: items.slice((number - 1) * size, number * size),
  };
};

const createProject = ({ state, body }: Call): Reply => {
  const { project_name: name = '', public: isPublic = false } = JSON.parse(body) as Record<string, never>;
  if (!/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(name)) return failure(400, 'BAD_REQUEST', 'bad project name');
  if (state.projects.has(name)) return failure(409, 'CONFLICT', `The project named ${name} already exists`);
  const id = 1 + Math.max(0, ...[...state.projects.values()].map((project) => project.id));
  state.projects.set(name, makeProject(id, { isPublic, limit: state.options.defaultLimit ?? gib }));
  return { status: 201, headers: { Location: `/api/v2.0/projects/${id}` } };
};

const isEmpty = ({ repositories }: HarborProject): boolean =>
  Object.values(repositories).every((digests) => digests.length === 0);

const deleteProject = ({ state, name }: Call, project: HarborProject): Reply => {
  if (!isEmpty(project)) return failure(412, 'PRECONDITION', 'the project contains repositories, can not be deleted');
  state.projects.delete(name);
  return { status: 200 };
};

/** Lists quotas. The quota of a project has the id of the project, which a client of Harbor may not rely on. */
const listQuotas = (call: Call): Reply => {
  const wanted = call.url.searchParams.get('reference_id');
  const found = [...call.state.projects].filter(([, { id }]) => wanted === null || String(id) === wanted);
  return page(
    call,
    found.map(([name, project]) => quotaOf(name, project)),
  );
};

const updateQuota = ({ state, values, body }: Call): Reply => {
  const project = [...state.projects.values()].find(({ id }) => String(id) === values.id);
  if (!project) return failure(404, 'NOT_FOUND', `quota ${values.id} not found`);
  project.limit = (JSON.parse(body) as { hard: { storage: number } }).hard.storage;
  return { status: 200 };
};

const artifactsOf = (call: Call, project: HarborProject): string[] | undefined =>
  project.repositories[decodeURIComponent(call.values.repository_name ?? '')];

const listArtifacts = (call: Call, project: HarborProject): Reply => {
  const digests = artifactsOf(call, project);
  return digests ? page(call, digests.map(artifactOf)) : failure(404, 'NOT_FOUND', 'repository not found');
};

const deleteArtifact = (call: Call, project: HarborProject): Reply => {
  const digests = artifactsOf(call, project) ?? [];
  const at = digests.indexOf(call.values.reference ?? '');
  if (at < 0) return failure(404, 'NOT_FOUND', 'artifact not found');
  if (call.state.options.immutable?.includes(digests[at] ?? '')) return failure(412, 'PRECONDITION', 'immutable tag');
  digests.splice(at, 1);
  return { status: 200 };
};

const need = (kind: Need['kind'], resource: string, action: string): Need => ({ kind, resource, action });
const readProject = need('project', 'project', 'read');
const readQuota = need('project', 'quota', 'read');

const operations: Record<string, OperationRow> = {
  headProject: {
    reply: ({ state, url }) => ({ status: state.projects.has(url.searchParams.get('project_name') ?? '') ? 200 : 404 }),
  },
  createProject: { need: need('system', 'project', 'create'), reply: createProject },
  getProject: { need: readProject, reply: ({ name }, project) => ({ status: 200, body: projectOf(name, project) }) },
  getProjectSummary: {
    need: readProject,
    reply: ({ robot, name }, project) => ({
      status: 200,
      body: summaryOf(project, project.limit !== undefined && mayDo(robot, readQuota, name)),
    }),
  },
  listRepositories: {
    need: need('project', 'repository', 'list'),
    reply: (call, project) => page(call, repositoriesOf(call.name, project)),
  },
  listArtifacts: { need: need('project', 'artifact', 'list'), reply: listArtifacts },
  deleteProject: { need: need('project', 'project', 'delete'), reply: deleteProject },
  listQuotas: { need: need('system', 'quota', 'list'), reply: listQuotas },
  updateQuota: { need: need('system', 'quota', 'update'), reply: updateQuota },
  deleteArtifact: { need: need('project', 'artifact', 'delete'), reply: deleteArtifact },
};

const refusal = (status: number): Reply =>
  failure(status, { 401: 'UNAUTHORIZED', 403: 'FORBIDDEN' }[status] ?? 'NOT_FOUND', 'refused');

const replyTo = (operation: Operation, call: Call): Reply => {
  const row = operations[operation.id];
  if (!row) return failure(500, 'UNKNOWN', `the fake has no ${operation.id}`);
  const project = call.state.projects.get(call.name);
  if (call.name !== '' && !project) return refusal(call.state.options.missing ?? 403);
  if (row.need && !mayDo(call.robot, row.need, call.name)) return refusal(403);
  return row.reply(call, project ?? makeProject(0, {}));
};

const send = (request: IncomingMessage, response: ServerResponse, { status, headers, body }: Reply): void => {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', ...headers });
  response.end(body === undefined || request.method === 'HEAD' ? '' : JSON.stringify(body));
};

const handle = async (state: State, request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
  const body = await text(request);
  const { method = 'GET', headers } = request;
  const operation = findOperation(method, url);
  if (!operation) {
    state.problems.push(`the document has no ${method} ${url.pathname}`);
    return send(request, response, failure(404, 'NOT_FOUND', 'no such path'));
  }
  state.problems.push(...requestProblems(operation, { method, url, headers, body }));
  const robot = robotOf(state.options.robots, headers.authorization);
  const values = pathValues(operation, url);
  const name = values.project_name_or_id ?? values.project_name ?? '';
  const reply = robot ? replyTo(operation, { state, robot, url, values, name, body }) : refusal(401);
  state.problems.push(...responseProblems(operation, { headers: {}, body: undefined, ...reply }));
  send(request, response, reply);
};

/** Makes a fake of Harbor. */
export const createHarbor = (options: HarborOptions): FakeHarbor => {
  const given = Object.entries(options.projects ?? {});
  const projects = new Map(given.map(([name, project], at) => [name, makeProject(at + 1, project)]));
  const problems: string[] = [];
  const { robots, immutable = [] } = options;
  const registry = new PushRegistry({ robots, projects, immutable });
  return {
    projects,
    problems,
    listener: (request, response) => {
      const url = new URL(request.url ?? '/', 'http://harbor');
      const handled = registry.takes(url)
        ? registry.handle({ request, response, url })
        : handle({ options, projects, problems }, request, response, url);
      // A client that goes away while it sends must not end the process.
      handled.catch(() => response.destroy());
    },
    deleteEmptyProjects: () => {
      for (const [name, project] of projects) if (isEmpty(project)) projects.delete(name);
    },
  };
};
