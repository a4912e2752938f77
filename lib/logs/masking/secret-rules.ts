/**
 * A rule that recognises one kind of secret. Matching the pattern must take linear time: a pattern that has consumed a
 * long run of characters must match there (`accept` may still refuse the match), or no other match may begin within
 * that run. So a pattern must not search for the end of a run and then fail because the end is missing.
 */
export type SecretRule = {
  /**
   * Keywords of a secret rule. Every match contains one of these strings, in any case of ASCII letters, so the keyword
   * filter tries the rule only on texts with a keyword.
   */
  keywords: readonly string[];
  /**
   * Regular expression for a secret. Flags: `gd`, and `i` where case does not matter. The group `secret` is masked;
   * without that group, the whole match is masked.
   */
  pattern: RegExp;
  /**
   * Says whether the matched text is a secret, where the pattern alone proves too little. Default: every match is a
   * secret.
   */
  accept?: (secret: string) => boolean;
};

const start = '(?<![A-Za-z0-9])';

/** Makes a rule for a token whose form the vendor documents: a fixed prefix, then a number of characters of one set. */
const token = (keywords: string[], form: string): SecretRule => ({
  keywords,
  pattern: new RegExp(start + form, 'gd'),
});

/** Matches text that documentation and scripts print in the place of a secret, such as `$TOKEN` or `changeme`. */
const placeholder =
  /^(?:\$\{?\w+\}?|\$\(.*|\$\{\{.*|%\w+%|\{\{.*|<.*|\*+|x+|\.+|\[?(?:masked|redacted|hidden|secret|filtered)\]?|null|none|undefined|true|false|changeme|example|password|token|your[-_]?\w*)$/i;

const isLiteral = (secret: string): boolean => !placeholder.test(secret);
const isRandom = (secret: string): boolean => isLiteral(secret) && /\d/.test(secret) && /[A-Za-z]/.test(secret);
const isBasic = (secret: string): boolean => {
  const pair = Buffer.from(secret, 'base64').toString();
  return pair.slice(0, -1).includes(':') && /^[\x20-\x7e]+$/.test(pair);
};

const gitlabPrefixes = [
  'glpat',
  'glptt',
  'glrt',
  'gldt',
  'glsoat',
  'glft',
  'glffct',
  'glimt',
  'glagent',
  'gloas',
  'glcbt',
  'glwt',
];

const tokens: SecretRule[] = [
  token(['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'], 'gh[pousr]_[A-Za-z0-9]{30,255}'),
  token(['github_pat_'], 'github_pat_[A-Za-z0-9_]{22,255}'),
  token(gitlabPrefixes, 'gl(?:pat|ptt|rt|rtr|dt|soat|ft|ffct|imt|agent|oas|cbt|wt)-[A-Za-z0-9_.-]{20,300}'),
  token(['gr1348941'], 'GR1348941[A-Za-z0-9_-]{20,60}'),
  token(['akia', 'asia', 'abia', 'acca'], '(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])'),
  {
    ...token(['eyj'], 'eyJ[A-Za-z0-9_-]{10,}(?:\\.[A-Za-z0-9_-]*\\.[A-Za-z0-9_-]*(?:\\.[A-Za-z0-9_-]+){0,2})?'),
    accept: (s) => s.includes('.'),
  },
  token(['npm_'], 'npm_[A-Za-z0-9]{36,60}'),
  token(['pypi-'], 'pypi-[A-Za-z0-9_-]{50,}'),
  { ...token(['xox', 'xapp-'], '(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{10,}'), accept: isRandom },
  {
    keywords: ['hooks.slack.com'],
    pattern: /hooks\.slack\.com\/(?:services|workflows)\/(?<secret>[A-Za-z0-9/_-]{20,})/dg,
  },
  token(['_live_', '_test_'], '[srp]k_(?:live|test)_[A-Za-z0-9]{16,255}'),
  token(['whsec_'], 'whsec_[A-Za-z0-9+/=]{24,}'),
  token(['aiza'], 'AIza[A-Za-z0-9_-]{35}'),
  token(['ya29.'], 'ya29\\.[A-Za-z0-9_-]{20,}'),
  token(['gocspx-'], 'GOCSPX-[A-Za-z0-9_-]{20,}'),
  {
    keywords: ['sk-'],
    pattern: /(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{20,255}/dg,
    accept: (s) => isRandom(s) && /[A-Z]/.test(s),
  },
  token(['hvs.', 'hvb.', 'hvr.'], 'hv[sbr]\\.[A-Za-z0-9_-]{20,}'),
  token(['dop_v1_', 'doo_v1_', 'dor_v1_'], 'do[opr]_v1_[a-f0-9]{64}'),
  token(['sg.'], 'SG\\.[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{16,64}'),
  token(['dckr_'], 'dckr_[a-z]{3}_[A-Za-z0-9_-]{20,}'),
  token(['.atlasv1.'], '[A-Za-z0-9]{14}\\.atlasv1\\.[A-Za-z0-9_-]{60,}'),
  token(['dapi'], 'dapi[a-f0-9]{32}(?![A-Za-z0-9])'),
  token(['shp'], 'shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}'),
  token([':aa'], '\\d{8,10}:AA[A-Za-z0-9_-]{33}'),
  token(['hf_'], 'hf_[A-Za-z0-9]{30,60}'),
  token(['lin_api_'], 'lin_api_[A-Za-z0-9]{32,}'),
  token(['glsa_', 'glc_'], 'gl(?:sa|c)_[A-Za-z0-9_+/=]{32,}'),
  token(['rubygems_'], 'rubygems_[a-f0-9]{48}'),
  token(['age-secret-key-1'], 'AGE-SECRET-KEY-1[0-9A-Z]{58}'),
  token(['sntrys_'], 'sntrys_[A-Za-z0-9_+/=-]{40,}'),
  token(['nfp_'], 'nfp_[A-Za-z0-9]{36,}'),
];

const headerNames =
  'x-auth-token|x-api-key|x-vault-token|x-amz-security-token|x-goog-api-key|x-toolforge-[a-z-]{0,40}secret|private-token|job-token|deploy-token|api-key|set-cookie|cookie';
const secretNames =
  'PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|ACCESS_KEY|SECRET_KEY|PRIVATE_KEY|ACCOUNT_?KEY|CREDENTIALS?|_AUTH';
const queryNames =
  'access_token|refresh_token|id_token|auth_token|private_token|token|api_?key|client_secret|secret|password|passwd|sig|x-amz-signature|x-amz-security-token|x-amz-credential|x-goog-signature';
const jsonNames =
  'auth|identitytoken|registrytoken|password|passwd|secret|client_secret|access_token|refresh_token|id_token|private_key|api_?key|token|accesstoken|secretaccesskey|sessiontoken';

const nameKeywords = [
  'password',
  'passwd',
  'passphrase',
  'secret',
  'token',
  'apikey',
  'api_key',
  'api-key',
  'access_key',
  'private_key',
  'accountkey',
  'account_key',
  'credential',
  'auth',
];

const contexts: SecretRule[] = [
  {
    keywords: ['authorization'],
    pattern:
      /authorization\\?["']?\s{0,4}[:=]\s{0,4}\\?["']?(?:basic|bearer|token|digest|negotiate|apikey|key|oauth|aws4-hmac-sha256)\s{1,4}(?<secret>[^\s"'\\][^"'\\\r\n]*)/dgi,
    accept: isLiteral,
  },
  {
    keywords: ['authorization'],
    pattern: /authorization\\?["']?\s{0,4}[:=]\s{0,4}\\?["']?(?<secret>[^\s"',;\\]{16,})/dgi,
    accept: isRandom,
  },
  { keywords: ['bearer'], pattern: /(?<![a-z0-9_-])bearer\s{1,4}(?<secret>[a-z0-9._~+/=-]{16,})/dgi, accept: isRandom },
  { keywords: ['basic'], pattern: /(?<![a-z0-9_-])basic\s{1,4}(?<secret>[a-z0-9+/]{8,}={0,2})/dgi, accept: isBasic },
  {
    keywords: ['-token', '-key', 'cookie', '-secret'],
    pattern: new RegExp(
      `(?<![a-z0-9_-])(?:${headerNames})\\\\?["']?:\\s{0,4}\\\\?["']?(?<secret>[^\\s"'\\\\][^"'\\\\\\r\\n]{7,})`,
      'gdi',
    ),
    accept: isLiteral,
  },
  {
    keywords: ['://'],
    pattern: /:\/\/[^\s/?#@:"'<>\\]*:(?<secret>[^\s/?#"'<>\\]+)@/dg,
    accept: isLiteral,
  },
  { keywords: ['://'], pattern: /:\/\/(?<secret>[^\s/?#@:"'<>\\]{20,})@/dg, accept: isRandom },
  {
    keywords: [...nameKeywords, 'sig=', 'signature='],
    pattern: new RegExp(`[?&](?:${queryNames})(?:=|%3d)(?<secret>[^\\s&"'<>#\\\\]{6,})`, 'gdi'),
    accept: isLiteral,
  },
  {
    keywords: nameKeywords,
    pattern: new RegExp(`(?:${secretNames})=["']?(?<secret>[^\\s"'&;,)]{6,})`, 'gd'),
    accept: isLiteral,
  },
  {
    keywords: ['_auth', '_password', 'aws_'],
    pattern:
      /(?:_authtoken|_password|_auth|aws_secret_access_key|aws_session_token)\s{0,4}[:=]\s{0,4}["']?(?<secret>[^\s"']{6,})/dgi,
    accept: isLiteral,
  },
  {
    keywords: nameKeywords,
    pattern:
      /(?<![a-z0-9-])--?(?:password|passwd|token|secret|api-key|access-token|auth-token)[= ]["']?(?<secret>[^\s"'-][^\s"']{5,})/dgi,
    accept: isRandom,
  },
  {
    keywords: nameKeywords,
    pattern: new RegExp(`\\\\?["'](?:${jsonNames})\\\\?["']\\s{0,4}:\\s{0,4}\\\\?["'](?<secret>[^"'\\\\]{6,})`, 'gdi'),
    accept: isLiteral,
  },
  {
    keywords: ['private key'],
    pattern:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?:(?!-----END )[\s\S])*(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?/dg,
  },
];

/** All rules for secrets that are recognised by their form or by the text around them. */
export const secretRules: readonly SecretRule[] = [...tokens, ...contexts];
