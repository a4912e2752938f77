import { isRandom } from './judge.ts';
import { hexSample, type SecretRule, sample, wordStart } from './secret-rule.ts';
import { token, uuid, uuidSample } from './token-rule.ts';

/** Rules for tokens of applications and of models of language. */
export const applications: readonly SecretRule[] = [
  {
    name: 'Slack',
    keywords: ['xox', 'xapp-'],
    pattern: new RegExp(`${wordStart}(?:xox[abeoprs]|xapp|xoxe\\.xox[bp])-[A-Za-z0-9-]{10,}`, 'gd'),
    accept: isRandom,
    masked: [`value ‹xoxb-123456789012-${sample(24)}›`],
    left: ['xoxo-gossip-girl'],
  },
  token(
    'Stripe',
    ['sk_live', 'rk_live', 'pk_live', 'sk_tes', 'rk_tes', 'pk_tes'],
    '[srp]k_(?:live|test)_[A-Za-z0-9]{16,255}',
    ['sk_live_', sample(24), 'sk_test_ skipped'],
  ),
  token('Stripe webhook', ['whsec_'], 'whsec_[A-Za-z0-9+/=]{24,}', ['whsec_', sample(32), 'whsec_short']),
  {
    name: 'account of Twilio with its token',
    keywords: ['twilio'],
    pattern: /(?<![A-Za-z0-9])AC[0-9a-f]{6,32}:([0-9a-f]{32})/dg,
    masked: [`twilio AC${hexSample(30)}:‹f${hexSample(31)}›`],
    left: ['twilio AC:none'],
  },
  {
    name: 'hash of a password',
    keywords: ['$2a$', '$2b$', '$2y$', '$argon2', '$6$', '$5$', '$y$', '$apr1$', 'pbkdf2_s', '{ssha'],
    pattern:
      /\$(?:2[aby]\$\d\d\$[./A-Za-z0-9]{53}|argon2\w{1,3}\$[^\s"']{40,}|(?:[56y]|apr1)\$[^\s"'$]{1,40}\$[^\s"'$]{20,})|pbkdf2_sha\d{1,3}\$\d{1,8}\$[^\s"'$]{1,40}\$[A-Za-z0-9+/]{20,}=*|\{SSHA\d{0,3}\}[A-Za-z0-9+/]{20,}=*/dg,
    masked: [`password ‹$2b$12$${sample(53)}›`],
    left: ['$2b$12$short', 'echo $6$x'],
  },
  {
    name: 'OpenAI, Anthropic and others',
    keywords: ['sk-'],
    pattern: /(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{20,255}/dg,
    accept: (secret) => isRandom(secret) && (/[A-Z]/.test(secret) || /^sk-[0-9a-f]{32,}$/.test(secret)),
    masked: [`value ‹sk-proj-${sample(48)}›`],
    left: ['sk-learn-contrib-extensions-and-more', 'task-runner-with-a-very-long-name-v2'],
  },
  token(
    'Groq, xAI, Replicate, Perplexity',
    ['gsk_', 'xai-', 'r8_', 'pplx-'],
    '(?:gsk_|xai-|r8_|pplx-)[A-Za-z0-9]{36,}',
    ['gsk_', sample(52), 'gsk_short'],
  ),
  token('SendGrid', ['sg.'], 'SG\\.[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{16,64}', [
    `SG.${sample(22)}.`,
    sample(43),
    'SG.txt',
  ]),
  token('Mailgun', ['key-'], 'key-[0-9a-f]{32}(?![0-9a-f])', ['key-', hexSample(32), 'key-value store']),
  token('Brevo', ['xkeysib-', 'xsmtpsib-'], 'x(?:key|smtp)sib-[a-f0-9]{64}-[A-Za-z0-9]{16}', [
    `xkeysib-${hexSample(64)}-`,
    sample(16),
    'xkeysib-short',
  ]),
  token(
    'Mailchimp',
    ['-us1', '-us2', '-us3', '-us4', '-us5', '-us6', '-us7', '-us8', '-us9'],
    '[0-9a-f]{32}-us\\d{1,2}',
    [hexSample(32), '-us12', 'x-us1'],
  ),
  token('Shopify', ['shpat_', 'shpca_', 'shppa_', 'shpss_'], 'shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}', [
    'shpat_',
    hexSample(32),
    'shpat_short',
  ]),
  token('Square', ['sq0', 'eaaa'], '(?:sq0[a-z]{3}-[A-Za-z0-9_-]{22,43}|EAAA[A-Za-z0-9_-]{56,60})(?![A-Za-z0-9])', [
    'sq0csp-',
    sample(43),
    'sq0csp-short',
  ]),
  token('Linear', ['lin_api_', 'lin_oauth_'], 'lin_(?:api|oauth)_[A-Za-z0-9]{32,}', [
    'lin_api_',
    sample(40),
    'lin_api_short',
  ]),
  token('Notion', ['ntn_', 'secret_'], '(?:ntn|secret)_[A-Za-z0-9]{40,50}(?![A-Za-z0-9])', [
    'ntn_',
    sample(46),
    'secret_santa',
  ]),
  token('Airtable', ['pat'], 'pat[A-Za-z0-9]{14}\\.[a-f0-9]{64}', [`pat${sample(14)}.`, hexSample(64), 'pattern.txt']),
  token('Postman', ['pmak-'], 'PMAK-[a-f0-9]{24}-[a-f0-9]{34}', [
    `PMAK-${hexSample(24)}-`,
    hexSample(34),
    'PMAK-short',
  ]),
  token('Figma', ['figd_', 'figo_'], 'fig[do]_[A-Za-z0-9_-]{36,}', ['figd_', sample(40), 'figd_short']),
  token('Contentful', ['cfpat-'], 'CFPAT-[A-Za-z0-9_-]{40,}', ['CFPAT-', sample(43), 'CFPAT-short']),
  token('HubSpot', ['pat-na', 'pat-eu'], `pat-(?:na|eu)\\d-${uuid}`, ['pat-na1-', uuidSample, 'pat-na1-short']),
  token('LaunchDarkly', ['sdk-', 'api-'], `(?:sdk|api)-${uuid}`, ['sdk-', uuidSample, 'api-version-2']),
  token('Typeform, ReadMe, Prefect', ['tfp_', 'rdme_', 'pnu_'], '(?:tfp_|rdme_|pnu_)[A-Za-z0-9_-]{36,}', [
    'tfp_',
    sample(44),
    'tfp_short',
  ]),
  token('Django', ['django-insecure-'], 'django-insecure-\\S{20,}', [
    'django-insecure-',
    sample(50),
    'django-insecure-mode',
  ]),
  token('Mapbox', ['sk.eyj'], 'sk\\.eyJ[A-Za-z0-9_-]{20,}\\.[A-Za-z0-9_-]{10,}', [
    `sk.eyJ${sample(40)}.`,
    sample(22),
    'sk.eyJ',
  ]),
];
