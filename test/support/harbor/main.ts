/**
 * Starts the fake of Harbor as a program, with the robot accounts of docs/deploy.md. The environment sets PORT, and
 * API_PASSWORD and PUSH_PASSWORD of the robots, and may set ADMIN_PASSWORD of the account `admin`, which sets quotas and
 * deletes projects. DEFAULT_LIMIT is the storage of a new project in bytes: default 1 GiB.
 * Prints each request or response that Harbor's API document does not allow.
 */
import { createServer } from 'node:http';
import { documentedRobot } from './documented-robots.ts';
import { createHarbor } from './harbor.ts';
import { administrator } from './robots.ts';

const { PORT = '8080', API_PASSWORD = '', PUSH_PASSWORD = '', ADMIN_PASSWORD = '', DEFAULT_LIMIT } = process.env;
const harbor = createHarbor({
  robots: [
    documentedRobot('builds-api', API_PASSWORD),
    documentedRobot('builds-push', PUSH_PASSWORD),
    ...(ADMIN_PASSWORD === '' ? [] : [administrator(ADMIN_PASSWORD)]),
  ],
  ...(DEFAULT_LIMIT === undefined ? {} : { defaultLimit: Number(DEFAULT_LIMIT) }),
});

const server = createServer((request, response) => {
  response.once('finish', () => {
    for (const problem of harbor.problems.splice(0)) process.stdout.write(`${problem}\n`);
  });
  harbor.listener(request, response);
});
server.listen(Number(PORT));
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
