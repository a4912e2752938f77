import { expect, test } from '@jest/globals';
import { looksLikeSecret } from '../../../../../lib/logs/masking/suspicious-variables.ts';
import { corpora, readInnocent, readSecrets } from '../../../../corpus/masking/load.ts';

const letters = 'aB3dE6gH9jK2mN5pQ8rS';
const hex = '0123456789abcdef'.repeat(4);
const base64 = (text: string): string => Buffer.from(text).toString('base64');

const secrets: [name: string, value: string][] = [
  ['DB_PASSWORD', 'sunshine'],
  ['DB_PASSWORD', '12345678'],
  ['DB_PASS', 'Tr0ub4dor-9'],
  ['PGPASSWORD', 'correct horse battery'],
  ['MYSQL_ROOT_PASSWORD', 'hunter2'],
  ['smtp_passwd', 'hunter2'],
  ['REDIS_PASSWORD_2', 'hunter2'],
  ['SESSION_SECRET', 'keyboardcat'],
  ['SECRET_KEY', 'my-very-own-key'],
  ['SECRET_KEY_BASE', hex],
  ['DJANGO_SECRET_KEY', `django-insecure-${letters}`],
  ['OAUTH_CLIENT_SECRET', letters],
  ['clientSecret', letters],
  ['API_KEY', letters],
  ['OPENAI_API_KEY', `sk-proj-${letters}${letters}`],
  ['AWS_SECRET_ACCESS_KEY', `${letters}${letters}`],
  ['AWS_ACCESS_KEY_ID', `AKIA${'ABCDEFGH234567AB'}`],
  ['GITHUB_TOKEN', `ghp_${letters}${letters}`],
  ['NPM_TOKEN', `npm_${letters}${letters}`],
  ['CONSUMER_TOKEN', hex.slice(0, 32)],
  ['ACCESS_TOKEN', letters],
  ['GH_PAT', letters],
  ['JWT_KEY', letters],
  ['HTTP_BASIC_AUTH', 'tool:Tr0ub4dor-9'],
  ['REGISTRY_AUTH', base64('tool:Tr0ub4dor-9')],
  // These are known by their values alone.
  ['EXTRA', `ghp_${letters}${letters}`],
  ['EXTRA', `github_pat_${letters}${letters}${letters}`],
  ['EXTRA', `glpat-${letters}`],
  ['EXTRA', `xoxb-123456789012-123456789012-${letters}abcd`],
  ['EXTRA', `hvs.${letters}${letters}${letters}`],
  ['EXTRA', `AIza${letters}${letters.slice(0, 15)}`],
  ['NEXT_PUBLIC_TOKEN', `ghp_${letters}${letters}`],
  ['DATABASE_URL', 'postgres://tool:Tr0ub4dor-9@db/app'],
  ['PIP_EXTRA_INDEX_URL', `https://user:${letters}@pypi.example.org/simple`],
  ['WEBHOOK', `https://hooks.example.org/?token=${letters}`],
  ['PEM', '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\n-----END PRIVATE KEY-----'],
  ['CURL_OPTIONS', `-H "Authorization: Bearer ${letters}${letters}"`],
];

const lookAlikes: [name: string, value: string][] = [
  ['NODE_ENV', 'production'],
  ['TOKEN_URL', 'https://meta.wikimedia.org/w/rest.php/oauth2/access_token'],
  ['OAUTH_URL', 'https://meta.wikimedia.org/w/index.php?title=Special:OAuth/initiate'],
  ['SECRETS_FILE', '/data/project/mytool/secrets.yaml'],
  ['PASSWORD_FILE', '/run/secrets/password'],
  ['DB_PASSWORD', '/run/secrets/password'],
  ['DB_PASSWORD', ''],
  ['DB_PASSWORD', '$DB_PASSWORD'],
  ['DB_PASSWORD', '"\u0024{DB_PASSWORD:-}"'],
  ['DB_PASSWORD', 'changeme'],
  ['DB_PASSWORD', 'xxxxxxxx'],
  ['DB_PASSWORD', '<your-password>'],
  ['SECRET_KEY', 'dummy'],
  ['SECRET_KEY', 'not-a-secret'],
  ['SECRET_KEY', 'build-time-only'],
  ['SECRET_KEY', 'for-build'],
  ['SECRET_KEY', 'unused'],
  ['SECRET_KEY_BASE', 'dummy'],
  ['SECRET_KEY_BASE_DUMMY', '1'],
  ['SECRET_KEY', 'insecure-key'],
  // This is what a name without a value means on the command line: -e USE_TOKEN.
  ['USE_TOKEN', 'USE_TOKEN'],
  ['USE_NPM_INSTALL', 'USE_NPM_INSTALL'],
  ['USE_TOKEN', '1'],
  ['USE_OAUTH', 'true'],
  ['OAUTH', 'yes'],
  ['REQUIRE_AUTH', '0'],
  ['SMTP_AUTH', 'login'],
  ['NPM_CONFIG_ALWAYS_AUTH', 'true'],
  ['MAX_TOKENS', '4096'],
  ['MAX_TOKENS', '1000000'],
  ['PASSWORD_MIN_LENGTH', '12'],
  ['PASSWORD_HASHERS', 'argon2'],
  ['TOKEN_LIFETIME', '3600'],
  ['TOKENIZER', 'moses'],
  ['TOKENIZERS_PARALLELISM', 'false'],
  ['KEYBOARD', 'qwerty'],
  ['CACHE_KEY', 'v1-linux-x64'],
  ['APP_KEY', 'frontend'],
  ['SORT_KEY', 'name'],
  ['PUBLIC_KEY', letters],
  ['NEXT_PUBLIC_MAP_TOKEN', `${letters}${letters}`],
  ['VITE_API_URL', 'https://mytool.toolforge.org/api'],
  ['PUBLIC_URL', 'https://mytool.toolforge.org'],
  ['AUTHOR', 'Example Person'],
  ['AUTHORITY', 'example.org'],
  ['PASSENGER_APP_ENV', 'production'],
  ['COMPASS', 'north'],
  ['BYPASS', 'cache'],
  ['PATH_PREFIX', '/mytool'],
  ['PATTERN', '[a-z]+'],
  ['CREDITS', 'Example Person'],
  ['GIT_SHA', '4b825dc642cb6eb9a060e54bf8d69288fbee4904'],
  ['SOURCE_VERSION', '4b825dc642cb6eb9a060e54bf8d69288fbee4904'],
  ['RELEASE', 'mytool@1.2.3'],
  ['IMAGE_DIGEST', `sha256:${hex}`],
  ['INTEGRITY', `sha512-${base64(hex)}`],
  ['BUILD_ID', '3f2504e0-4f89-11d3-9a0c-0305e82c3301'],
  ['GA_ID', 'G-ABC123DEF4'],
  ['DATABASE_URL', 'postgres://localhost/app'],
  ['DATABASE_URL', 'sqlite:///tmp/build.db'],
  ['REDIS_URL', 'redis://tools-redis.svc.eqiad.wmflabs:6379'],
  ['USER_AGENT', 'mytool/1.0 (https://mytool.toolforge.org; mytool@tools.wmflabs.org)'],
  ['PIP_INDEX_URL', 'https://pypi.org/simple'],
  ['NPM_CONFIG_REGISTRY', 'https://registry.npmjs.org/'],
  ['SETUPTOOLS_SCM_PRETEND_VERSION', '1.2.3'],
  ['DISABLE_COLLECTSTATIC', '1'],
  ['STATIC_FOLDERS', 'public:dist'],
  ['PYTHONPATH', '/workspace/src'],
  ['NODE_OPTIONS', '--max-old-space-size=1024'],
  ['JAVA_OPTS', '-Xmx512m -Djava.security.egd=file:/dev/./urandom'],
  ['LANG', 'C.UTF-8'],
  ['GREETING', 'hello world'],
  ['FEATURES', '{"search":true,"limit":20}'],
];

test.each(secrets)('%s=%s looks like a secret', (name, value) => expect(looksLikeSecret(name, value)).toBe(true));

test.each(lookAlikes)('%s=%s looks like no secret', (name, value) => expect(looksLikeSecret(name, value)).toBe(false));

/** Returns the variables that lines set, as a shell writes them. */
const variablesIn = (lines: readonly string[]): [name: string, value: string][] =>
  lines.flatMap((line) => {
    const [, name = '', value = ''] = /^(?:export )?([A-Za-z_]\w{2,})=("[^"]*"|'[^']*'|[^\s"']\S*)$/.exec(line) ?? [];
    return name === '' ? [] : [[name, value] as [string, string]];
  });

test('at most 2 % of the innocent variables in the corpora look like a secret', () => {
  const innocent = variablesIn(corpora.flatMap((corpus) => readInnocent(corpus)).flat());
  expect(innocent.length).toBeGreaterThan(30);
  const wrong = innocent.filter(([name, value]) => looksLikeSecret(name, value));
  expect({ wrong, isRare: wrong.length <= 0.02 * innocent.length }).toEqual({ wrong, isRare: true });
});

test('at least 90 % of the secret variables in the corpora look like a secret', () => {
  const samples = corpora.flatMap((corpus) => readSecrets(corpus)).filter(({ lines }) => lines.length === 1);
  const secret = variablesIn(samples.flatMap(({ lines }) => lines));
  expect(secret.length).toBeGreaterThan(80);
  const missed = secret.filter(([name, value]) => !looksLikeSecret(name, value));
  expect({ missed, isRare: missed.length <= 0.1 * secret.length }).toEqual({ missed, isRare: true });
});
