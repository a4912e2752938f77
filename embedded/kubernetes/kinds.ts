import type { Resource } from './resources.ts';

export type Kind = {
  group: string;
  version: string;
  resource: Resource;
  kind: string;
  /** True for a kind whose status is written only through the path /status. */
  statusSubresource: boolean;
  /** True for a kind whose metadata.generation counts the changes of all fields but metadata and status. */
  generation: boolean;
  /**
   * True for a custom resource. Its objects keep apiVersion and kind inside a list; objects of Kubernetes' own kinds
   * lose them.
   */
  custom: boolean;
  /** Fields by which a field selector can select objects of the kind, besides metadata.name and metadata.namespace. */
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

/** Every kind of object that the embedded Kubernetes API serves. */
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

/** Returns the kind of object with a plural name, such as `pods`. */
export const kindOf = (resource: Resource): Kind => {
  const kind = byResource.get(resource);
  if (!kind) throw new TypeError(`no kind is called ${resource}`);
  return kind;
};

/** Returns the kind with the group, version and plural name of a path; undefined when the API serves no such kind. */
export const findKind = (group: string, version: string, resource: string): Kind | undefined =>
  kinds.find((kind) => kind.group === group && kind.version === version && kind.resource === resource);

/** Returns the kind that an owner reference names; undefined when the embedded API does not serve the kind. */
export const kindOfReference = (apiVersion: string, name: string): Kind | undefined =>
  kinds.find((kind) => apiVersionOf(kind) === apiVersion && kind.kind === name);

/** Returns the apiVersion of a kind: `v1` or `tekton.dev/v1`. */
export const apiVersionOf = (kind: Kind): string => (kind.group ? `${kind.group}/${kind.version}` : kind.version);

/** Returns the name of a kind in Kubernetes' messages: `pods` or `pipelineruns.tekton.dev`. */
export const qualifiedName = (kind: Kind): string => (kind.group ? `${kind.resource}.${kind.group}` : kind.resource);
