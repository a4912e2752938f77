import { isArgument, isBareToken, isRandom } from './judge.ts';
import { argument } from './names.ts';
import { type SecretRule, sample } from './secret-rule.ts';

/** Rules for passwords and tokens at a certain place among the arguments of a command or a call. */
export const positions: readonly SecretRule[] = [
  {
    name: 'htpasswd with a password',
    keywords: ['htpasswd'],
    pattern: new RegExp(
      `htpasswd\\s{1,4}(?:-\\S{1,9}\\s{1,4}){0,4}-[a-zA-Z]{0,5}b[a-zA-Z]{0,5}(?:\\s{1,4}-\\S{1,9}){0,4}(?:\\s{1,4}[^\\s-]\\S{0,200}){1,2}\\s{1,4}${argument}`,
      'gd',
    ),
    accept: isArgument,
    masked: ['htpasswd -b .htpasswd admin ‹Tr0ub4dor-9›', "htpasswd -nbB admin '‹Tr0ub4dor-9›'"],
    left: ['htpasswd -c .htpasswd admin', 'htpasswd -b file user $PASSWORD'],
  },
  {
    name: 'password that is written to chpasswd',
    keywords: ['chpasswd'],
    pattern: /(?<![\w.-])[\w.-]{1,40}:([^\s"'|]{1,60})["']?\s{0,3}\|\s{0,3}(?:sudo\s{1,3})?chpasswd/dg,
    accept: isArgument,
    masked: ['echo "tool:‹Tr0ub4dor-9›" | chpasswd'],
    left: ['echo "tool:$PASSWORD" | chpasswd'],
  },
  {
    name: 'password that is written to standard input',
    keywords: ['-stdin', 'sudo -S', '--passphrase-fd'],
    pattern:
      /(?:echo|printf)\s{1,3}(?:-n\s{1,3})?["']?(?:%s\s{1,3}["']?)?([^\s"'|]{3,100})["']?\s{0,3}\|[^|\n]{0,80}(?:-stdin|sudo -S|--passphrase-fd)/dg,
    accept: isArgument,
    masked: ["echo '‹Tr0ub4dor-9›' | docker login --password-stdin -u robot"],
    left: ['echo "$PASSWORD" | docker login --password-stdin'],
  },
  {
    name: 'token as the argument of login',
    keywords: ['login', 'snyk auth', 'authtoken', 'auth:token'],
    pattern:
      /(?:\b(?:cargo|vault|npm|railway|pulumi|cachix|snyk|ngrok|vercel|oc)\s{1,3}(?:login|auth|authtoken|config add-authtoken)\s{1,3})([^\s"'-][^\s"']{7,})/dg,
    accept: isBareToken,
    masked: [`cargo login ‹${sample(36)}›`],
    left: ['npm login --registry https://registry.example', 'vault login -method=oidc'],
  },
  {
    name: 'body of a secret of GitHub',
    keywords: ['secret set'],
    pattern: new RegExp(`secret set\\s{1,3}[^|\\n]{0,120}?(?:--body|-b)[ =]${argument}`, 'gd'),
    accept: isArgument,
    masked: ['gh secret set API_TOKEN --body "‹Tr0ub4dor-9›"'],
    left: ['gh secret set API_TOKEN --body "$TOKEN"'],
  },
  {
    name: 'password in a configuration of Composer',
    keywords: ['http-basic.', 'github-oauth.', 'gitlab-token.'],
    pattern:
      /(?:http-basic\.\S{1,200}\s{1,3}\S{1,100}|(?:github-oauth|gitlab-token|gitlab-oauth|bearer)\.\S{1,200})\s{1,3}["']?([^\s"']{4,})/dg,
    accept: isArgument,
    masked: ['composer config http-basic.repo.example.org tool ‹Tr0ub4dor-9›'],
    left: ['composer config http-basic.repo.example.org tool $PASSWORD'],
  },
  {
    name: 'password in a call',
    keywords: ['login', 'auth', 'connect', 'signin', 'sign_in', 'botpassword', 'pdo('],
    needs: [','],
    pattern:
      /(?:login|authenticate|auth|connect(?:ion)?|signin|sign_in|basicauth|botpassword|pdo)\s?(?:=\s?)?\(\s{0,4}(?:(?:["'][^"'\n]{0,100}["']|[\w.$]{1,40})\s{0,2},\s{0,2})?["'][^"'\n]{1,100}["']\s{0,2},\s{0,2}["']([^"'\n]+)/dgi,
    accept: (secret) => isRandom(secret) && isArgument(secret),
    masked: [
      "site.login('User@bot', '‹Tr0ub4dor-9›')",
      "auth=('tool', '‹Tr0ub4dor-9›')",
      'mysqli_connect("db", "tool", "‹Tr0ub4dor-9›")',
    ],
    left: ["login('user', 'password')", "connect('localhost', 'db.example.org')"],
  },
  {
    name: 'user and password that are encoded by a command',
    keywords: ['base64', '| base64', 'openssl base64'],
    needs: ['|'],
    pattern:
      /(?:echo|printf)\s{1,3}(?:-n\s{1,3})?["']?[\w.@-]{1,64}:([^\s"'|]{3,100})["']?\s{0,3}\|\s{0,3}(?:openssl\s)?base64/dg,
    accept: isArgument,
    masked: ['-H "Authorization: Basic $(echo -n user:‹Tr0ub4dor-9› | base64)"'],
    left: ['echo -n "$USER:$PASSWORD" | base64'],
  },
  {
    name: 'credentials of Bundler',
    keywords: ['bundle_', 'bundle config'],
    pattern:
      /(?:BUNDLE_[A-Z0-9_]{1,80}[=:]\s?|bundle config\s{1,3}(?:--?\w{1,10}\s|set\s){0,3}\S{1,100}\s{1,3})["']?[\w.@-]{1,64}:([^\s"'/]{4,})/dg,
    accept: isArgument,
    masked: ['BUNDLE_GEMS__EXAMPLE__ORG=tool:‹Tr0ub4dor-9›', 'bundle config gems.example.org tool:‹Tr0ub4dor-9›'],
    left: ['BUNDLE_PATH=vendor/bundle', 'bundle config https://gems.example.org $AUTH'],
  },
  {
    name: 'password of a network share',
    keywords: ['net use'],
    pattern: /net use\s{1,3}(?:\w:\s{1,3})?\\\\\S{1,200}\s{1,3}([^\s/]\S{3,})/dg,
    accept: isArgument,
    masked: ['net use \\\\host\\share ‹Tr0ub4dor-9› /user:tool'],
    left: ['net use \\\\host\\share /user:tool'],
  },
];
