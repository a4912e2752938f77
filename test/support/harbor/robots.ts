import { basicCredentials } from '../../../lib/basic-credentials.ts';

/** Access of Harbor's robot accounts, with the names of Harbor's API (RobotPermission). */

export type RobotPermission = {
  kind: 'system' | 'project';
  /** "/" for the system. The name of a project, or "*" for all projects. */
  namespace: string;
  access: { resource: string; action: string }[];
};
export type Robot = { name: string; password: string; permissions: RobotPermission[] };

/** A permission that an operation needs: an action on a resource of the system, or of a project. */
export type Need = { kind: RobotPermission['kind']; resource: string; action: string };

/** Tells whether a robot has a permission. @param project name of the project that the permission is about */
export const mayDo = ({ permissions }: Robot, need: Need, project: string): boolean =>
  permissions
    .filter(({ kind, namespace }) => kind === need.kind && ['/', '*', project].includes(namespace))
    .flatMap(({ access }) => access)
    .some(({ resource, action }) => resource === need.resource && action === need.action);

/** Returns the robot whose user name and password a request shows. */
export const robotOf = (robots: readonly Robot[], authorization: string | undefined): Robot | undefined =>
  robots.find(({ name, password }) => authorization === basicCredentials(name, password));

/** Returns an account that may do what a person with all permissions does in these tests. */
export const administrator = (password: string): Robot => ({
  name: 'admin',
  password,
  permissions: [
    {
      kind: 'system',
      namespace: '/',
      access: ['list', 'update'].map((action) => ({ resource: 'quota', action })),
    },
    {
      kind: 'project',
      namespace: '*',
      access: [
        ...['read', 'delete'].map((action) => ({ resource: 'project', action })),
        { resource: 'repository', action: 'list' },
      ],
    },
  ],
});
