import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type CredentialCheck, createAuthenticate } from '../../../../lib/auth/authenticate.ts';
import { createGatewayCheck } from '../../../../lib/auth/gateway.ts';
import { withRateLimit } from '../../../../lib/auth/rate-limit.ts';
import { openSecret } from '../../../../lib/secret.ts';
import { fixedSecret } from '../../../support/secret.ts';

const check = createGatewayCheck(fixedSecret('s3cret'));
const headers = (tool: string | undefined, secret: string | undefined) => ({
  ...(tool === undefined ? {} : { 'x-toolforge-tool': tool }),
  ...(secret === undefined ? {} : { 'x-toolforge-gateway-secret': secret }),
});

describe('createGatewayCheck', () => {
  test('gives all scopes for the tool that comes with the right secret', async () => {
    expect(await check(headers('mine', 's3cret'))).toMatchObject({
      subject: 'certificate:mine',
      credential: 'gateway',
      grants: [{ tool: 'mine', scopes: ['read', 'build', 'admin'] }],
    });
  });

  test.each([
    [undefined, undefined],
    ['mine', undefined],
    ['mine', ''],
    [undefined, 's3cret'],
    ['', 's3cret'],
  ])('finds no credential in the tool %j with the secret %j', async (tool, secret) => {
    expect(await check(headers(tool, secret))).toBeUndefined();
  });

  test.each([
    ['mine', 'guess'],
    [undefined, 'guess'],
    ['mine', 's3cret '],
    ['mine', 's3cret, s3cret'],
    ['mine', 's3cret  s3cret'],
    ['mine', 'a b c d e f g h s3cret'],
  ])('refuses the tool %j with the secret %j', async (tool, secret) => {
    await expect(check(headers(tool, secret))).rejects.toMatchObject({ status: 401, code: 'token_invalid' });
  });
});

describe('a name that the gateway has verified, but that may do nothing,', () => {
  test.each(['other, mine', 'Mine', 'mine\0', 'mine/../other', 'service:unknown'])(
    'is forbidden, and no sign-in is counted as refused: %j',
    async (tool) => {
      const logged: unknown[] = [];
      const options = { rateReads: 0, rateChanges: 0, failureDelayMs: 250, log: () => void logged.push(1) };
      const authenticate = withRateLimit(createAuthenticate([check]), options);
      await expect(authenticate(headers(tool, 's3cret'))).rejects.toMatchObject({
        status: 403,
        code: 'forbidden',
        message: expect.stringContaining('SUPERUSERS'),
      });
      expect(logged).toEqual([]);
    },
  );
});

describe('while the secret is replaced', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gateway-secret-'));
    path = join(folder, 'secret');
    await writeFile(path, 'old');
  });
  afterEach(() => rm(folder, { recursive: true }));
  const opened = () => createGatewayCheck(openSecret({ path, log: () => undefined }));
  const accepts = (rotating: CredentialCheck, ...secrets: string[]) =>
    Promise.all(
      secrets.map((secret) =>
        rotating(headers('mine', secret)).then(
          () => true,
          () => false,
        ),
      ),
    );

  test('the first request with a new secret is accepted, and the former secret still is', async () => {
    const rotating = opened();
    expect(await accepts(rotating, 'old', 'new')).toEqual([true, false]);
    await writeFile(path, 'new');
    expect(await accepts(rotating, 'new', 'old', 'guess')).toEqual([true, true, false]);
  });

  test('an instance that has not seen the change accepts a gateway that sends both secrets', async () => {
    expect(await accepts(opened(), 'new old', 'newer new')).toEqual([true, false]);
  });

  test('an instance that starts with both secrets accepts either', async () => {
    await writeFile(path, 'new\nold\n');
    expect(await accepts(opened(), 'old', 'new', 'new old', 'guess')).toEqual([true, true, true, false]);
  });

  test('a missing file changes nothing', async () => {
    const rotating = opened();
    await rm(path);
    expect(await accepts(rotating, 'guess', 'old')).toEqual([false, true]);
  });
});

describe('the check with superusers', () => {
  const checkSuperusers = createGatewayCheck(fixedSecret('s3cret'), {
    'service:components-api': ['^/builds/v1/tool/[^/]+/builds$'],
  });
  const name = 'service:components-api';

  test('gives a superuser all scopes for the tool of a path that its rules have', async () => {
    const target = { path: '/builds/v1/tool/mine/builds', tool: 'mine' };
    expect(await checkSuperusers(headers(name, 's3cret'), target)).toMatchObject({
      subject: `certificate:${name}`,
      grants: [{ tool: 'mine', scopes: ['read', 'build', 'admin'] }],
    });
  });

  test('gives a superuser no tool at another path', async () => {
    const target = { path: '/builds/v1/tool/mine/clean', tool: 'mine' };
    expect(await checkSuperusers(headers(name, 's3cret'), target)).toMatchObject({ grants: [] });
    expect(await checkSuperusers(headers(name, 's3cret'))).toMatchObject({ grants: [] });
  });

  test('refuses a name with a colon that is no superuser', async () => {
    const target = { path: '/builds/v1/tool/mine/builds', tool: 'mine' };
    await expect(checkSuperusers(headers('service:other', 's3cret'), target)).rejects.toMatchObject({ status: 403 });
  });
});

describe('guesses of the secret', () => {
  const limited = (sleep: (ms: number) => Promise<void>) => {
    const logged: unknown[][] = [];
    const log = (...line: unknown[]) => void logged.push(line);
    const options = { rateReads: 0, rateChanges: 0, failureDelayMs: 250, log, sleep };
    return { logged, authenticate: withRateLimit(createAuthenticate([check]), options) };
  };

  test('are delayed, counted and logged without the guess', async () => {
    const delays: number[] = [];
    const { logged, authenticate } = limited(async (ms) => void delays.push(ms));
    for (const guess of ['guess-1', 'guess-2'])
      await expect(authenticate(headers('mine', guess))).rejects.toMatchObject({ status: 401 });
    expect(delays).toEqual([250, 250]);
    expect(logged).toMatchObject([1, 2].map((refused) => ['WARNING', 'sign-in refused', { refused }]));
    expect(JSON.stringify(logged)).not.toContain('guess-');
  });

  test("do not delay the gateway's requests, however many guesses wait", async () => {
    const { promise: elapsed, resolve: elapse } = Promise.withResolvers<void>();
    const { authenticate } = limited(() => elapsed);
    const guesses = Array.from({ length: 100 }, () => authenticate(headers('mine', 'guess')).catch(() => undefined));
    await expect(authenticate(headers('mine', 's3cret'))).resolves.toMatchObject({ tools: ['mine'] });
    elapse();
    await Promise.all(guesses);
  });
});
