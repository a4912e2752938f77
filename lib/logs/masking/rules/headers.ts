import { isBasic, isCredentialPair, isKeyLike, isLiteral, isRandom } from './judge.ts';
import { hexSample, type SecretRule, sample } from './secret-rule.ts';

const headerNames =
  'x-auth-token|x-api-key|x-vault-token|x-amz-security-token|x-goog-api-key|x-toolforge-[a-z-]{0,40}secret|private-token|job-token|deploy-token|api-key';

/** Names of users with which programs often sign in. */
const users = [
  'root',
  'admin',
  'user',
  'git',
  'oauth2',
  'tool',
  'robot',
  'test',
  'docker',
  '__token__',
  'x-access-token',
  'gitlab-ci-token',
  'postgres',
  'deploy',
  'username',
  'ci-user',
  'bot',
];

/** Returns the beginning of the base64 text of a user's name and a colon, without the character that a password changes. */
const base64Beginning = (user: string): string => {
  const bytes = Buffer.from(`${user}:`);
  return bytes.toString('base64').slice(0, Math.floor((bytes.length * 8) / 6));
};

/** Rules for the headers of HTTP requests and responses. */
export const headers: readonly SecretRule[] = [
  {
    name: 'parameters of an Authorization header',
    keywords: ['authoriz'],
    pattern:
      /authorization\\?["']?\s{0,4}[:=]\s{0,4}\\?["']?[a-z][a-z0-9-]{1,30}\s{1,4}((?:[\w-]{1,40}\s?=\s?(?:\\{0,3}"[^"\\]*\\{0,3}"|[^\s,"'\\]*)[,;&]?\s?)+)/dgi,
    accept: (secret) => /["=][^"=]{6}/.test(secret) && !/^\w{1,9}realm=/i.test(secret),
    masked: [
      `Authorization: OAuth ‹oauth_consumer_key="${hexSample(32)}", oauth_token="${hexSample(32)}"›`,
      `Authorization: Digest ‹username="tool", nonce="n1", response="${hexSample(32)}"›`,
      `authorization: AWS4-HMAC-SHA256 ‹Credential=x/y, SignedHeaders=host, Signature=${hexSample(64)}›`,
    ],
    left: ['authorization: required for key = 1', 'Authorization: see the documentation'],
  },
  {
    name: 'parameters of credentials without the name of a header',
    keywords: ['digest ', 'oauth ', 'hawk ', 'mac '],
    pattern: /(?<![\w-])(?:digest|oauth|hawk|mac)\s{1,4}((?:[\w-]{1,40}\s?=\s?(?:"[^"\\]*"|[^\s,"'\\]*)[,;&]?\s?)+)/dgi,
    accept: (secret) => /(?:response|signature|mac|token)\s?=\s?"?[^",\s]{8}/.test(secret),
    masked: [`Digest ‹username="u", response="${hexSample(32)}"›`],
    left: ['WWW-Authenticate: Digest realm="x", nonce="y"', 'OAuth callback=https'],
  },
  {
    name: 'credentials of an Authorization header',
    keywords: ['authoriz'],
    pattern:
      /authorization\\?["']?\s{0,4}[:=]\s{0,4}\\?["']?(?:basic|bearer|token|digest|negotiate|ntlm|apikey|api-key|key|oauth|bot|aws|aws4-hmac-sha256|hawk|mac|sharedaccesssignature|sharedkey|splunk|genie\w{0,3}|discogs|deepl-auth-key)\s{1,4}([^\s"'\\][^"'\\\r\n]*)/dgi,
    accept: isLiteral,
    masked: [`> Authorization: Bearer ‹${sample(40)}›`, `{"Authorization": "Bot ‹${sample(60)}›"}`],
    left: ['Authorization: Bearer $TOKEN', 'authorization: none'],
  },
  {
    name: 'Authorization header without a scheme',
    keywords: ['authoriz'],
    pattern: /authorization\\?["']?\s{0,4}[:=]\s{0,4}\\?["']?(?:basic\s{1,4})?([^\s"',;\\]{16,})/dgi,
    accept: isRandom,
    masked: [`Authorization: ‹${sample(40)}›`],
    left: ['Authorization: see the documentation'],
  },
  {
    name: 'bearer token',
    keywords: ['bearer'],
    pattern: /(?<![a-z0-9_-])bearer[\s,]{1,4}([a-z0-9._~+/=-]{16,})/dgi,
    accept: isRandom,
    masked: [`using bearer ‹${sample(40)}›`],
    left: ['Bearer realm="https://registry.example/token"', 'bearer authentication-is-required-here'],
  },
  {
    name: 'credentials in base64 after the word basic',
    keywords: ['basic'],
    pattern: /(?<![a-z0-9_-])basic\s{1,4}([a-z0-9+/_-]{8,}={0,2})/dgi,
    accept: isBasic,
    masked: [`basic ‹${Buffer.from('robot:Tr0ub4dor-9').toString('base64')}›`],
    left: ['basic internationalization support', 'Basic authentication'],
  },
  {
    name: 'cookie',
    keywords: ['cookie'],
    needs: ['='],
    pattern:
      /(?<![a-z0-9_-])(?:set-)?cookie\\?["']?[:=]\s{0,4}(?:\[\s?)?\\?["']?(?![\w.-]{1,60}=;\s?(?:expires|path|max-age|domain))([^\s"'\\=]{1,80}=[^"'\\\r\n]{4,})/dgi,
    accept: isLiteral,
    masked: [`Cookie: ‹session=${sample(32)}; theme=dark›`, `curl -H 'Cookie: ‹a=${sample(20)}›'`],
    left: [
      'cookies: enabled',
      'Set-Cookie: (none)',
      '{ cookie: session.jti }',
      'set-cookie: sid=; expires=Thu, 01 Jan 1970 00:00:00 GMT',
    ],
  },
  {
    name: 'cookie in a jar',
    keywords: ['<cookie ', 'true\t', 'false\t'],
    pattern:
      /(?:<Cookie\s[\w.-]{1,60}=([^\s>]{8,})\sfor\s|\t(?:TRUE|FALSE)\t\/\S{0,100}\t(?:TRUE|FALSE)\t\d{1,12}\t\S{1,100}\t([^\s]{8,}))/dg,
    accept: isRandom,
    masked: [
      `<RequestsCookieJar[<Cookie sid=‹${sample(32)}› for example.org/>]>`,
      `#HttpOnly_example.org\tTRUE\t/\tTRUE\t1790000000\tsid\t‹${sample(32)}›`,
    ],
    left: ['<Cookie theme=dark for example.org/>', 'example.org\tTRUE\t/\tTRUE\t0\ttheme\tdark'],
  },
  {
    name: 'id of a session',
    keywords: ['session id', 'session-id', 'session_id', 'sessionid'],
    pattern: /session[-_ ]?id["']?\s?[:=]\s{0,4}["']?([A-Za-z0-9_%.-]{20,})/dgi,
    accept: isKeyLike,
    masked: [`Session ID: ‹${sample(32)}›`],
    left: ['session_id: 3fa85f64-5717-4562-b3fc-2c963f66afa6'],
  },
  {
    name: 'header with a secret',
    keywords: ['-token', '-key', '-secret'],
    pattern: new RegExp(
      `(?<![a-z0-9_-])(?:${headerNames})\\\\?["']?[:=]\\s{0,4}\\\\?["']?([^\\s"'\\\\][^"'\\\\\\r\\n]{7,})`,
      'gdi',
    ),
    accept: (secret) =>
      isLiteral(secret) && !/^\(?(?:required|missing|enabled|disabled|not |none|the |is )/i.test(secret),
    masked: [`"x-api-key": "‹${sample(32)}›"`, `PRIVATE-TOKEN: ‹${sample(20)}›`],
    left: ['x-api-key: yes', 'x-api-key: required by the server'],
  },
  {
    name: 'credentials in base64',
    keywords: [
      ...[
        'base64',
        'b64=',
        'b64:',
        'b64 ',
        'b64"',
        'auth ',
        'auth=',
        'auth:',
        'auth"',
        '_auth',
        'credential',
        'docker ',
        'login',
        'basic',
      ],
      ...users.map(base64Beginning),
    ],
    pattern: /(?<![A-Za-z0-9+/_-])([A-Za-z0-9+/_-]{12,}={0,2})/dg,
    accept: isCredentialPair,
    masked: [`docker auth ‹${Buffer.from('robot:Tr0ub4dor-9').toString('base64')}›`],
    left: [`base64 ${Buffer.from('hello, world and all').toString('base64')}`, 'docker-compose-plugin'],
  },
];
