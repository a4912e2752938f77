import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Robot, RobotPermission } from './robots.ts';

type RobotCreate = { name: string; level: string; duration: number; permissions: RobotPermission[] };

const page = readFileSync(join(import.meta.dirname, '../../../docs/deploy.md'), 'utf8');

/** Returns the request by which docs/deploy.md makes a robot account of Harbor. */
export const documentedRequest = (name: string): RobotCreate => {
  const blocks = [...page.matchAll(/^ {4}(\{"name": .*\n(?: {4}.*\n)*)/gm)].map(([, json = '']) => JSON.parse(json));
  const found = (blocks as RobotCreate[]).find((robot) => robot.name === name);
  if (!found) throw new Error(`docs/deploy.md makes no robot account ${name}`);
  return found;
};

/** Returns the robot account that Harbor makes of a request in docs/deploy.md. */
export const documentedRobot = (name: string, password = 'correct horse: battery'): Robot => ({
  name: `robot$${name}`,
  password,
  permissions: documentedRequest(name).permissions,
});
