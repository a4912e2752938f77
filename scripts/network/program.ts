/** A target of the program: a TCP port, and for an HTTP request the path. */
export type ProgramTarget = { host: string; port: number; path?: string };

/** Port at which each pod of the check listens. */
export const listenPort = 8080;

/** Prefix of the line that the program prints, with a JSON list of outcomes in the order of its targets. */
export const resultPrefix = 'outcomes ';

/**
 * Program of the check's pods. It listens at `listenPort`, and connects to the targets in the variable TARGETS. It
 * makes four rounds, 3 s apart, and prints the outcomes of the last round, because some networks apply a policy to a
 * new pod with a delay. It runs in the functions' image, which has no shell and only Node.
 */
export const program = `
const net = require('node:net');
const http = require('node:http');
const targets = JSON.parse(process.env.TARGETS);
net.createServer((socket) => socket.on('error', () => {}).end()).listen(${listenPort});
const connect = ({ host, port }) => new Promise((resolve) => {
  const socket = net.connect({ host, port });
  const end = (outcome) => { socket.destroy(); resolve(outcome); };
  socket.setTimeout(4000, () => end({ connected: false, error: 'no response in 4 s' }));
  socket.on('connect', () => end({ connected: true }));
  socket.on('error', (error) => end({ connected: false, error: error.code }));
});
const request = ({ host, port, path }) => new Promise((resolve) => {
  const sent = http.get({ host, port, path, timeout: 30000 }, (response) => {
    response.resume();
    resolve({ connected: true, status: response.statusCode });
  });
  sent.on('timeout', () => sent.destroy(Object.assign(new Error('timeout'), { code: 'no response in 30 s' })));
  sent.on('error', (error) => resolve({ connected: false, error: error.code }));
});
const attempt = (target) => target.path ? request(target) : connect(target);
const main = async () => {
  let outcomes = [];
  for (let round = 0; round < 4; round += 1) {
    if (round > 0) await new Promise((resolve) => setTimeout(resolve, 3000));
    outcomes = await Promise.all(targets.map(attempt));
  }
  console.log(${JSON.stringify(resultPrefix)} + JSON.stringify(outcomes));
};
main();
`;
