import { describe, expect, test } from '@jest/globals';
import { exitCodes } from '../../../cli/failure.ts';
import { useFakeApi } from './fake-api.ts';
import { beginLog, type Handler, json, line, ndjson } from './support.ts';

/** Text that hides itself, moves the cursor, sets the title and reorders what follows it. */
const evil = 'a\u001b[8mb\u001b[2Jc\u001b]0;title\u0007d\u009b8me\u202ef\u200bg\u{e0041}h\u00adi\ufeffj\rk';
/** Everything of `evil` that a terminal would obey, or not show. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the test looks for control characters
const dangerous = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b\u202e\ufeff\u{e0041}]/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the test looks for colours of toolforge-build
const ownColours = /\u001b\[(?:0|1|2|31|32|33|34|36)m/g;

const api = useFakeApi();

/** Runs a command against a server of the test. @returns the output without the colours that toolforge-build adds */
const run = async (handler: Handler, args: string[], env: Record<string, string> = {}) => {
  const { code, stdout, stderr } = await api.run(args, {
    ...(await api.against(handler)),
    FORCE_COLOR: '1',
    ...env,
  });
  return { code, stdout, stderr, shown: (stdout + stderr).replace(ownColours, '') };
};

const messages = { info: [evil], warning: [evil], error: [evil] };
const build = {
  build_id: 'demo-1',
  status: 'BUILD_FAILURE',
  start_time: evil,
  end_time: evil,
  message: `${evil}\n${evil}`,
  destination_image: evil,
  resolved_ref: evil,
  log: evil,
  queue_position: 3,
  parameters: { source_url: evil, ref: evil, envvars: { [evil]: evil } },
};
const item = { name: evil, limit: evil, used: evil, available: evil, capacity: `95%${evil}` };
const log = (response: Parameters<Handler>[1]) => {
  const events = [
    { type: 'note', note: evil },
    { ...line(1, evil, evil), time: evil },
    { type: 'end', status: 'BUILD_SUCCESS', log: 'lost', reason: evil, cursor: evil },
  ];
  beginLog(response).end(ndjson(events));
};

const respond: Handler = ({ path, method }, response) => {
  if (path.endsWith('/logs')) return log(response);
  if (path.endsWith('/whoami'))
    return json(response, 200, {
      messages,
      subject: evil,
      proof: evil,
      expires: evil,
      tools: [{ tool: evil, scopes: [evil] }],
    });
  if (path.endsWith('/quotas'))
    return json(response, 200, { messages, quota: { categories: [{ name: evil, items: [item] }] } });
  if (path.endsWith('/clean')) return json(response, 200, { messages });
  if (path.endsWith('/cancel')) return json(response, 200, { messages, id: 'demo-1' });
  if (method === 'POST')
    return json(response, 200, {
      messages,
      new_build: { name: 'demo-1', parameters: { source_url: evil }, queue_position: 1 },
    });
  if (path.endsWith('/builds')) return json(response, 200, { messages, builds: [build] });
  return json(response, 200, { messages, build });
};

const commands = [
  ['list'],
  ['show'],
  ['show', '--json'],
  ['quota'],
  ['whoami'],
  ['clean', '-y'],
  ['cancel', '--all', '-y'],
  ['delete', '--all', '-y'],
  ['cancel', 'demo-1', '-y'],
  ['logs'],
  ['logs', '--json'],
  ['logs', '--verbose'],
  ['wait'],
  ['start', 'https://example.org/repo.git', '-D'],
  ['start', 'https://example.org/repo.git', '--debug'],
  ['list', '--json', '--debug'],
];

test.each(commands.map((args) => [args.join(' '), args] as const))(
  '%s prints no control character and no invisible character of a hostile server',
  async (_, args) => {
    const { shown } = await run(respond, args);
    expect(shown).not.toMatch(dangerous);
    expect(shown).not.toContain('Internal error');
    expect(api.requests()).not.toEqual([]);
  },
);

test.each([400, 401, 404, 409, 429, 500])(
  'the error sentences of HTTP status %i are printed without control characters',
  async (status) => {
    const reply: Handler = (_, response) =>
      json(response, status, { error: [evil], code: evil }, { 'retry-after': '120' });
    const { shown, code } = await run(reply, ['list', '--debug']);
    expect(shown).not.toMatch(dangerous);
    expect(shown).toContain('Error: a');
    expect(code).not.toBe(0);
  },
);

test.each([
  ['a status that is the name of a method', { ...build, status: 'constructor' }, 'unknown'],
  ['a state of the log that is the name of a method', { ...build, log: '__proto__' }, '__proto__'],
])('show prints %s as text', async (_, changed, expected) => {
  const { code, stdout } = await run((__, response) => json(response, 200, { build: changed }), ['show']);
  expect(code).toBe(0);
  expect(stdout).toContain(expected);
  expect(stdout).not.toContain('native code');
});

test('start tells the user to type no command with a build id that is none', async () => {
  const reply: Handler = (_, response) =>
    json(response, 200, { new_build: { name: 'x; rm -rf ~', parameters: { source_url: '' } } });
  const { code, stdout, stderr } = await run(reply, ['start', 'https://example.org/repo.git', '-D']);
  expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
  expect(stderr).not.toContain('rm -rf');
});

const commandsWithIds = [
  ['list'],
  ['list', '--json'],
  ['show'],
  ['show', '--json'],
  ['logs'],
  ['wait'],
  ['cancel', '--all', '-y'],
  ['cancel', 'demo-1', '-y'],
  ['delete', '--all', '-y'],
];

test.each(commandsWithIds.map((args) => [args.join(' '), args] as const))(
  '%s prints no build id that is none, and sends none',
  async (_, args) => {
    for (const id of ['x; rm -rf ~', '../../whoami']) {
      const body = { builds: [{ ...build, build_id: id }], build: { ...build, build_id: id }, id };
      const { code, shown } = await run((__, response) => json(response, 200, body), args);
      expect(code).toBe(6);
      expect(shown).toContain('sent a response that is not of the builds API');
      expect(shown).not.toContain(id);
      expect(api.requests()).toHaveLength(1);
    }
  },
);

test.each(['builds', 'build', 'quota', 'tools'])(
  'a response whose %s has another shape is no internal error',
  async (key) => {
    const command = { builds: 'list', build: 'show', quota: 'quota', tools: 'whoami' }[key] ?? '';
    for (const value of [null, [{ build_id: {} }]]) {
      const { code, stderr } = await run((_, response) => json(response, 200, { [key]: value }), [command]);
      expect({ code, value }).toEqual({ code: 6, value });
      expect(stderr).toContain('sent a response that is not of the builds API');
    }
  },
);

describe.each(['cancel', 'delete'])('%s of a build', (command) => {
  test.each<[string, number, object]>([
    ['is about another build', 200, { messages, id: 'demo-9' }],
    ['names no build', 200, {}],
    ['is that of a page to sign in at', 200, { html: '<p>Accept our terms.</p>' }],
    ['refuses', 500, { error: ['No.'] }],
  ])('says no success when the response %s', async (_, status, body) => {
    const { code, stdout, stderr } = await run(
      (__, response) => json(response, status, body),
      [command, 'demo-1', '-y'],
    );
    expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
    expect(stderr).toMatch(/Error: .*\bdemo-1\b/);
  });
});

test('show and logs print no other build than the one that was asked for', async () => {
  const { code, stdout, stderr } = await run(respond, ['show', 'demo-2']);
  expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
  expect(stderr).toMatch(/responded about the build demo-1, not demo-2/);
});

test('quota and start print responses without the optional values', async () => {
  const quota = { categories: [{ name: 'Registry', items: [{ name: 'Storage', limit: null }] }] };
  const shown = await run((_, response) => json(response, 200, { quota }), ['quota']);
  expect(shown).toMatchObject({ code: 0, shown: expect.stringMatching(/Limit +N\/A\n/) });
  const started = { new_build: { name: 'demo-1', parameters: null } };
  const detached = await run(
    (_, response) => json(response, 200, started),
    ['start', 'https://example.org/x.git', '-D'],
  );
  expect(detached).toMatchObject({ code: 0, stdout: expect.stringContaining("build name is 'demo-1'") });
});

test('a response and a log line without end are given up', async () => {
  const filler = Buffer.alloc(1024 * 1024, 'x');
  const endless: Handler = ({ path }, response) => {
    if (path.endsWith('/logs')) beginLog(response);
    const fill = (): void => {
      while (!response.destroyed && response.write(filler));
      if (!response.destroyed) response.once('drain', fill);
    };
    fill();
  };
  expect((await run(endless, ['list'])).stderr).toContain('sent a response of more than 33554432 bytes');
  expect((await run(endless, ['logs', 'demo-1'])).stderr).toContain(
    'The log has a line of more than 16777216 characters.',
  );
});

test.each([['list'], ['start', 'https://example.org/a.git'], ['wait', 'demo-1'], ['logs', 'demo-1', '-f'], ['login']])(
  '%s %s fails where a server switches to another protocol',
  async (...words) => {
    const upgrade: Handler = (_, response) => {
      response.socket?.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
    };
    const { code, stderr } = await run(upgrade, words, words[0] === 'login' ? { TOOLFORGE_TOKEN: '' } : {});
    expect(code).toBe(exitCodes.unavailable);
    expect(stderr).toContain('switches to another protocol');
  },
);

describe('a server that redirects', () => {
  test.each(['list', 'whoami', 'login', 'quota'])(
    '%s names the https address that an http address redirects to, and sends nothing there',
    async (command) => {
      const location = (path: string) => `https://localhost:1${path}`;
      const { code, stderr } = await run(
        ({ path }, response) => void response.writeHead(301, { location: location(path) }).end(),
        [command],
        {
          ...(command === 'login' ? { TOOLFORGE_TOKEN: '' } : {}),
        },
      );
      expect(code).toBe(6);
      expect(stderr).toMatch(
        /Error: http:\/\/localhost:\d+ wants encrypted connections: it redirects to https:\/\/localhost:1\./,
      );
      expect(stderr).toContain('use https://localhost:1 in the address');
      expect(api.requests()).toHaveLength(1);
    },
  );

  test('list gives up a loop', async () => {
    const { code, stderr } = await run(
      ({ path }, response) => void response.writeHead(302, { location: path }).end(),
      ['list'],
    );
    expect({ code, requests: api.requests().length }).toEqual({ code: 6, requests: 6 });
    expect(stderr).toContain('redirects more than 5 times');
  });

  test.each([300, 301, 302, 303, 304, 307, 308])(
    'list ends with a sentence after HTTP status %i without a Location',
    async (status) => {
      const { code, stderr } = await run((_, response) => void response.writeHead(status).end(), ['list']);
      expect(code).toBe(6);
      expect(stderr).toMatch(/HTTP status \d+/);
      expect(stderr).not.toContain('Internal error');
    },
  );
});
