/** The projects of the fake of Harbor, and the objects in Harbor's responses. */

export type HarborProject = {
  id: number;
  isPublic: boolean;
  /** Limit of storage in bytes. -1: no limit. Undefined: Harbor has no quota for the project. */
  limit: number | undefined;
  used: number;
  /** Digests of the artifacts, by the repository's name without the project. */
  repositories: Record<string, string[]>;
  /** Whether the project is a cache of another registry, which takes no pushes. */
  isProxyCache: boolean;
};

const time = '2026-01-01T00:00:00.000Z';

/** Returns a project as Harbor shows it. */
export const projectOf = (name: string, { id, isPublic, isProxyCache }: HarborProject): object => ({
  project_id: id,
  owner_id: 1,
  owner_name: 'admin',
  name,
  ...(isProxyCache ? { registry_id: 3 } : {}),
  creation_time: time,
  update_time: time,
  metadata: { public: String(isPublic) },
  repo_count: 0,
});

/** Returns the summary of a project. @param hasQuota whether the account may read the project's quota */
export const summaryOf = ({ repositories, limit, used }: HarborProject, hasQuota: boolean): object => ({
  repo_count: Object.keys(repositories).length,
  project_admin_count: 1,
  ...(hasQuota ? { quota: { hard: { storage: limit }, used: { storage: used } } } : {}),
});

/** Returns the quota of a project. */
export const quotaOf = (name: string, { id, limit = -1, used }: HarborProject): object => ({
  id,
  ref: { id, name, owner_name: 'admin' },
  hard: { storage: limit },
  used: { storage: used },
  creation_time: time,
  update_time: time,
});

/** Returns the repositories of a project. */
export const repositoriesOf = (project: string, { id, repositories }: HarborProject): object[] =>
  Object.entries(repositories).map(([name, digests], at) => ({
    id: at,
    project_id: id,
    name: `${project}/${name}`,
    artifact_count: digests.length,
    pull_count: 0,
    creation_time: time,
    update_time: time,
  }));

/** Returns an artifact with the tag `latest`. */
export const artifactOf = (digest: string, id: number): object => ({
  id,
  type: 'IMAGE',
  media_type: 'application/vnd.docker.container.image.v1+json',
  manifest_media_type: 'application/vnd.docker.distribution.manifest.v2+json',
  digest,
  size: 1000,
  project_id: 7,
  push_time: time,
  tags: [{ id, name: 'latest', immutable: false }],
});
