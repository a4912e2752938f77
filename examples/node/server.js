import { createServer } from 'node:http';
import { page } from './page.js';

const port = Number(process.env.PORT || 8000);
let visits = 0;

const server = createServer((request, response) => {
  if (request.url === '/healthz') {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"OK"}');
    return;
  }
  visits += 1;
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  response.end(page({ visits, version: process.version }));
});

process.on('SIGTERM', () => server.close(() => process.exit(0)));
server.listen(port, () => console.log(`Listening on port ${port}`));
