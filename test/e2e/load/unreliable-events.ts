import { setting, waitTimeout } from '../pipeline/cluster.ts';
import { withEventSink } from '../service/event-sink.ts';
import type { Service } from '../service/service.ts';

/**
 * A Python server that accepts every event, then drops 30 % of the events, sends 30 % twice, and delays each event by
 * up to 8 s.
 */
const program = `
import http.server, random, threading, time, urllib.request
TARGET = 'http://accept-tekton.image-build.svc'
def send(body, headers):
    time.sleep(random.uniform(0, 8))
    try: urllib.request.urlopen(urllib.request.Request(TARGET, data=body, headers=headers, method='POST'), timeout=60).read()
    except Exception as error: print('not sent:', error)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower().startswith('ce-') or name.lower() == 'content-type'}
        chance = random.random()
        for _ in range(0 if chance < 0.3 else 2 if chance < 0.6 else 1):
            threading.Thread(target=send, args=(body, headers)).start()
        print('lost' if chance < 0.3 else 'doubled' if chance < 0.6 else 'sent', self.headers.get('Ce-Type'))
        self.send_response(202)
        self.end_headers()
http.server.ThreadingHTTPServer(('', 8080), Handler).serve_forever()
`;

const name = 'unreliable';

const objects = () => [
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name } },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name,
          image: setting('BUILDER'),
          command: ['python3', '-u', '-c', program],
          readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
        },
      ],
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] },
  },
];

/** Runs `work` while Tekton's events pass through a server that drops, doubles and reorders events. */
export const withUnreliableEvents = async <T>({ namespace }: Service, work: () => Promise<T>): Promise<T> => {
  await namespace.apply(...objects());
  await namespace.kubectl(['wait', '--for=condition=Ready', `pod/${name}`, waitTimeout]);
  return withEventSink(`http://${name}.${namespace.name}.svc`, work);
};
