import type { Resource } from './types.ts';

export type Kind = {
  group: string;
  version: string;
  resource: Resource;
  kind: string;
  /** Spec and status are written through separate paths. */
  statusSubresource: boolean;
  /** metadata.generation counts the changes of everything but metadata and status. */
  generation: boolean;
  /** Kubernetes' own types lose apiVersion and kind inside a list; custom resources keep them. */
  custom: boolean;
  /** Field selectors beside metadata.name and metadata.namespace. */
  fields: string[];
};

const involvedObjectFields = ['kind', 'namespace', 'name', 'uid'].map((field) => `involvedObject.${field}`);

const core = (resource: Resource, kind: string, more: Partial<Kind>): Kind => {
  const defaults = { statusSubresource: false, generation: false, custom: false, fields: [] };
  return { group: '', version: 'v1', resource, kind, ...defaults, ...more };
};

const custom = (
  group: string,
  version: string,
  resource: Resource,
  kind: string,
  statusSubresource: boolean,
): Kind => ({ group, version, resource, kind, statusSubresource, generation: true, custom: true, fields: [] });

/** Every kind the embedded platform serves. */
export const kinds: readonly Kind[] = [
  core('pods', 'Pod', { statusSubresource: true, fields: ['status.phase', 'spec.restartPolicy'] }),
  core('secrets', 'Secret', { fields: ['type'] }),
  core('events', 'Event', { fields: [...involvedObjectFields, 'reason', 'type'] }),
  custom('tekton.dev', 'v1', 'pipelines', 'Pipeline', false),
  custom('tekton.dev', 'v1', 'pipelineruns', 'PipelineRun', true),
  custom('tekton.dev', 'v1', 'taskruns', 'TaskRun', true),
  { ...core('jobs', 'Job', { statusSubresource: true, fields: [] }), group: 'batch', generation: true },
  custom('builds.toolforge.org', 'v1alpha1', 'buildledgers', 'BuildLedger', true),
  custom('builds.toolforge.org', 'v1alpha1', 'buildcapacities', 'BuildCapacity', true),
];

const byResource = new Map(kinds.map((kind) => [kind.resource, kind]));

/** The kind of a plural name. */
export const kindOf = (resource: Resource): Kind => {
  const kind = byResource.get(resource);
  if (!kind) throw new TypeError(`no kind is called ${resource}`);
  return kind;
};

/** The kind at a path's group, version and plural name; undefined when none is served there. */
export const findKind = (group: string, version: string, resource: string): Kind | undefined =>
  kinds.find((kind) => kind.group === group && kind.version === version && kind.resource === resource);

/** The kind an owner reference names, if it is served here. */
export const kindOfReference = (apiVersion: string, name: string): Kind | undefined =>
  kinds.find((kind) => apiVersionOf(kind) === apiVersion && kind.kind === name);

/** apiVersion as objects carry it: `v1` or `tekton.dev/v1`. */
export const apiVersionOf = (kind: Kind): string => (kind.group ? `${kind.group}/${kind.version}` : kind.version);

/** The name Kubernetes' messages use: `pods` or `pipelineruns.tekton.dev`. */
export const qualifiedName = (kind: Kind): string => (kind.group ? `${kind.resource}.${kind.group}` : kind.resource);
