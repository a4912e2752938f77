import { applications } from './application-tokens.ts';
import { isRandom } from './judge.ts';
import { hexSample, type SecretRule, sample } from './secret-rule.ts';
import { token, uuid, uuidSample } from './token-rule.ts';

const gitlabPrefixes = [
  'glpat',
  'glptt',
  'glrt',
  'glrtr',
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
/** Rules for tokens of hosts of code, packages and images. */
const hosts: readonly SecretRule[] = [
  token('GitHub', ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'], 'gh[pousr]_[A-Za-z0-9]{30,255}', [
    'ghp_',
    sample(36),
    'ghp_short',
  ]),
  token('GitHub, fine-grained', ['github_pat_'], 'github_pat_[A-Za-z0-9_]{22,255}', [
    'github_pat_',
    sample(60),
    'github_pattern_matching_is_on',
  ]),
  token('GitLab', gitlabPrefixes, `(?:${gitlabPrefixes.join('|')})-[A-Za-z0-9_.-]{20,300}`, [
    'glpat-',
    sample(20),
    'glpat-',
  ]),
  token('GitLab runner', ['gr13'], 'GR1348941[A-Za-z0-9_-]{20,60}', ['GR1348941', sample(24), 'GR1348941']),
  token(
    'Bitbucket',
    ['atbb', 'atctt3', 'atatt3'],
    'AT(?:BB[A-Za-z0-9]{28}|(?:ATT|CTT)3[A-Za-z0-9_=-]{40,400})[A-Za-z0-9_=-]*',
    ['ATBB', sample(36), 'ATBB is a prefix'],
  ),
  token('npm', ['npm_'], 'npm_[A-Za-z0-9]{36,60}', [
    'npm_',
    sample(36),
    'npm_config_registry=https://registry.example/',
  ]),
  token('PyPI', ['pypi-'], 'pypi-[A-Za-z0-9_-]{50,}', ['pypi-', sample(120), 'pypi-attestations 0.0.21']),
  token('RubyGems', ['rubygems_'], 'rubygems_[a-f0-9]{48}', ['rubygems_', hexSample(48), 'rubygems_api']),
  token('crates.io', ['cio'], 'cio[A-Za-z0-9]{32}(?![A-Za-z0-9])', ['cio', sample(32), 'cio is a word']),
  token('NuGet', ['oy2'], 'oy2[a-z0-9]{43}(?![A-Za-z0-9])', ['oy2', sample(43).toLowerCase(), 'oy2 is short']),
  token('JFrog', ['akcp', 'cmvmdgtu'], '(?:AKCp[A-Za-z0-9]{60,}|cmVmdGtu[A-Za-z0-9]{50,})', [
    'AKCp',
    sample(69),
    'AKCp is short',
  ]),
  token('Docker Hub', ['dckr_'], 'dckr_[a-z]{3}_[A-Za-z0-9_-]{20,}', ['dckr_pat_', sample(27), 'dckr_pat_']),
  token('Clojars', ['clojars_'], 'CLOJARS_[a-z0-9]{60}', ['CLOJARS_', hexSample(60), 'CLOJARS_TOKEN is set']),
  token('SonarQube', ['squ_', 'sqp_', 'sqa_'], 'sq[upa]_[0-9a-f]{40}', ['squ_', hexSample(40), 'squ_short']),
  token('CircleCI and Buildkite', ['ccipat_', 'bkua_'], '(?:CCIPAT|bkua)_[A-Za-z0-9_]{40,}', [
    'CCIPAT_',
    sample(60),
    'CCIPAT_ is a prefix',
  ]),
  token('Sourcegraph', ['sgp_'], 'sgp_[A-Za-z0-9_]{40,}', ['sgp_', hexSample(40), 'sgp_short']),
  token('Hugging Face', ['hf_'], 'hf_[A-Za-z0-9]{30,60}', ['hf_', sample(34), 'hf_model.bin']),
  token('Sentry', ['sntrys_', 'sntryu_'], 'sntry[su]_[A-Za-z0-9_+/=-]{40,}', ['sntrys_', sample(60), 'sntrys_short']),
];

/** Rules for tokens of clouds and of tools that run servers. */
const clouds: readonly SecretRule[] = [
  token('key id of AWS', ['akia', 'asia', 'abia', 'acca'], '(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])', [
    'AKIA',
    'ABCDEFGH234567AB',
    'ASIATICA',
  ]),
  {
    name: 'secret key of AWS',
    keywords: ['aws_'],
    pattern: /(?:aws_secret_access_key|aws_session_token)\s{0,4}[:= ]\s{0,4}["']?([^\s"'=]{16,}=*)/dgi,
    accept: isRandom,
    masked: [`aws configure set aws_secret_access_key ‹${sample(40)}›`],
    left: ['aws_secret_access_key = $AWS_SECRET_ACCESS_KEY'],
  },
  token('Google API', ['aiza'], 'AIza[A-Za-z0-9_-]{35}', ['AIza', sample(35), 'AIzawa is a name']),
  token('Google OAuth', ['ya29', 'gocspx-'], '(?:ya29\\.|GOCSPX-)[A-Za-z0-9_-]{20,}', [
    'ya29.',
    sample(60),
    'ya29.short',
  ]),
  token('Firebase', [':apa91b'], '[A-Za-z0-9_-]{11,40}:APA91b[A-Za-z0-9_-]{100,}', [
    `${sample(11)}:APA91b`,
    sample(134),
    'x:APA91b',
  ]),
  {
    name: 'client secret of Azure',
    keywords: ['8q~', '7q~'],
    pattern: /(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}/dg,
    masked: [`client secret ‹aB38Q~${sample(34)}›`],
    left: ['aB38Q~short'],
  },
  token('DigitalOcean', ['dop_v1_', 'doo_v1_', 'dor_v1_'], 'do[opr]_v1_[a-f0-9]{64}', [
    'dop_v1_',
    hexSample(64),
    'dop_v1_short',
  ]),
  token('Heroku', ['hrku-'], `HRKU-(?:${uuid}|[A-Za-z0-9_-]{60,})`, ['HRKU-', uuidSample, 'HRKU-short']),
  token('Netlify', ['nfp_', 'nfc_', 'nfo_', 'nfb_', 'nfu_'], 'nf[pcobu]_[A-Za-z0-9]{36,}', [
    'nfp_',
    sample(40),
    'nfp_short',
  ]),
  token('Fly.io', ['fo1_', 'fm1', 'fm2_'], 'f(?:o1|m[12][ar]?)_[A-Za-z0-9_+/=-]{40,}', [
    'fm2_',
    sample(80),
    'fm2_short',
  ]),
  token(
    'Supabase and PlanetScale',
    ['sbp_', 'pscale_'],
    '(?:sbp_[a-f0-9]{40}|pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{32,})',
    ['sbp_', hexSample(40), 'sbp_short'],
  ),
  token('Vault', ['hvs.', 'hvb.', 'hvr.'], 'hv[sbr]\\.[A-Za-z0-9_-]{20,}', [
    'hvs.',
    sample(90),
    'hvs stands for something',
  ]),
  token('Terraform', ['.atlasv1.'], '[A-Za-z0-9]{14}\\.atlasv1\\.[A-Za-z0-9_-]{60,}', [
    `${sample(14)}.atlasv1.`,
    sample(67),
    'x.atlasv1.y',
  ]),
  token(
    'Doppler',
    ['dp.pt.', 'dp.st.', 'dp.ct.', 'dp.sa.', 'dp.scim.'],
    'dp\\.(?:pt|st|ct|sa|scim|audit)\\.(?:[a-z0-9_-]{2,35}\\.)?[A-Za-z0-9]{40,44}',
    ['dp.pt.', sample(43), 'dp.pt.short'],
  ),
  token('Pulumi', ['pul-'], 'pul-[a-f0-9]{40}', ['pul-', hexSample(40), 'pul-up']),
  token('Databricks', ['dapi'], 'dapi[a-f0-9]{32}(?:-\\d)?(?![A-Za-z0-9])', [
    'dapi',
    hexSample(32),
    'dapi is an interface',
  ]),
  token('OpenShift', ['sha256~'], 'sha256~[A-Za-z0-9_-]{43}', ['sha256~', sample(43), `sha256:${hexSample(64)}`]),
  token('Tailscale', ['tskey-'], 'tskey-[a-z]{2,12}-[A-Za-z0-9_-]{20,}', [
    'tskey-auth-',
    sample(40),
    'tskey-auth-short',
  ]),
  token('Grafana', ['glsa_', 'glc_'], 'gl(?:sa|c)_[A-Za-z0-9_+/=]{32,}', ['glsa_', sample(41), 'glc_short']),
  token('New Relic', ['nrak-', 'nrii-', 'nrjs-', 'nriq-'], 'NR(?:AK|II|JS|IQ)-[A-Za-z0-9_-]{19,40}', [
    'NRAK-',
    sample(27).toUpperCase(),
    'NRAK-short',
  ]),
  token('New Relic license', ['nral'], '[a-f0-9]{36}(?:FF)?NRAL', [hexSample(36), 'NRAL', 'NRAL is an ending']),
  token('Dynatrace', ['dt0c', 'dt0s'], 'dt0[a-z]\\d{2}\\.[A-Z0-9]{24}\\.[A-Z0-9]{64}', [
    'dt0c01.',
    `${sample(24).toUpperCase()}.${sample(64).toUpperCase()}`,
    'dt0c01.short',
  ]),
  token('Alibaba and Scaleway', ['ltai', 'scw'], '(?:LTAI[A-Za-z0-9]{20}|SCW[A-Z0-9]{17})(?![A-Za-z0-9])', [
    'LTAI',
    sample(20),
    'LTAI is short',
  ]),
  token('1Password', ['ops_eyj'], 'ops_eyJ[A-Za-z0-9_+/=-]{100,}', ['ops_eyJ', sample(120), 'ops_eyJ']),
  token('Fernet and OpenStack', ['gaaaaa'], 'gAAAAA[A-D][A-Za-z0-9_-]{60,}={0,2}', [
    'gAAAAAB',
    sample(100),
    'gAAAAABshort',
  ]),
  token('age', ['age-secret-key-'], 'AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]{58,}', [
    'AGE-SECRET-KEY-1',
    sample(58).toUpperCase(),
    'AGE-SECRET-KEY-1',
  ]),
];

/** Rules for tokens that are recognised by a form of their own. */
export const tokens: readonly SecretRule[] = [...hosts, ...clouds, ...applications];
