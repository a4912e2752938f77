/** Makes the Harbor project of a tool, and checks that the project can be used. */

import type { ApiError } from '../errors.ts';
import { type Fields, isObject, textAt } from '../json-values.ts';
import type { RegistryResponse } from './client.ts';
import { accountRefused, parseJson, refused, unavailable, unexpected } from './client.ts';
import { apiPath, fieldsOf, type HarborContext } from './harbor-api.ts';

/** Statuses of Harbor for a project that does not exist, or that the account may not read. */
const hiddenStatuses = [401, 403, 404];

/** Reads a project. Undefined where the project does not exist, or where the account may not read it. */
const readProject = async ({ client, project, signal }: HarborContext): Promise<Fields | undefined> => {
  const path = `${apiPath}/projects/${encodeURIComponent(project)}`;
  const response = await client.send(path, { signal });
  if (hiddenStatuses.includes(response.status)) return undefined;
  if (response.status !== 200) throw unexpected(response, path);
  const found = parseJson(response);
  if (!isObject(found)) throw unavailable(new Error(`${path}: no project`));
  return found;
};

/** @throws ApiError 503 registry_refused for a project to which no image can be pushed, or whose images nobody can run */
const checkProject = (project: string, { metadata, registry_id: proxied }: Fields): void => {
  if (textAt(metadata, 'public') !== 'true')
    throw refused(
      `The project ${project} in the image registry is not public, so its images could not be run. Ask an administrator of the registry to make it public.`,
    );
  if (typeof proxied === 'number' && proxied > 0)
    throw refused(
      `The project ${project} in the image registry is a cache of another registry, so no image can be stored there. Ask an administrator of the registry to replace it.`,
    );
};

/** Returns the message of the first error in a response of Harbor, for the log. */
const reasonIn = ({ body }: RegistryResponse): string => {
  try {
    const { errors } = fieldsOf(JSON.parse(body.toString('utf8')));
    const [first] = Array.isArray(errors) ? errors : [];
    return isObject(first) ? String(first.message).slice(0, 200) : 'no reason';
  } catch {
    return 'no reason';
  }
};

/** Returns the error for a response by which Harbor refuses to make a project. */
const creationRefused = (project: string, response: RegistryResponse): ApiError => {
  const cause = new Error(`creating ${project}: status ${response.status}: ${reasonIn(response)}`);
  if (response.status === 401) return accountRefused(cause);
  return refused(
    `The image registry refused to make the project ${project} for the images of this tool. Ask an administrator of the build service to look at the permissions of its account.`,
    cause,
  );
};

/**
 * Makes the project where it is missing: public, with Harbor's default quota. Harbor hides a missing project and a
 * foreign one from robot accounts by the same status, so the attempt to make the project tells them apart.
 * @throws ApiError 503 registry_refused where the project can't be made or used; 503 registry_unavailable
 */
export const prepareProject = async (context: HarborContext): Promise<void> => {
  const { client, project, signal } = context;
  const found = await readProject(context);
  if (found) return checkProject(project, found);
  const json = { project_name: project, public: true };
  const response = await client.send(`${apiPath}/projects`, { method: 'POST', json, signal });
  if (response.status === 201) return;
  if (response.status !== 409) throw creationRefused(project, response);
  // Another instance of the service may have made the project since it was read.
  const other = await readProject(context);
  if (other) return checkProject(project, other);
  throw refused(
    `The image registry has a project ${project} that the build service may not use. Ask an administrator of the registry to give the service access to it, or to remove it.`,
  );
};
