import { isArgument, isBareToken, isKeyLike, isPasswordText, isRandom, isStrong } from './judge.ts';
import { argument } from './names.ts';
import { hexSample, type SecretRule, sample } from './secret-rule.ts';

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
    name: 'token as the argument of any program’s login',
    keywords: [' login ', ' auth ', ' authenticate '],
    pattern: /\s(?:login|auth|authenticate)\s{1,3}["']?([A-Za-z0-9_.~+/=-]{32,})["']?\s*$/dg,
    accept: (secret) => isKeyLike(secret) || /^[0-9a-f]+$/.test(secret),
    masked: [`wandb login ‹${hexSample(40)}›`],
    left: ['hub auth registry.example.org/library/of-all-the-images'],
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
    keywords: ['login', 'auth', 'connect', 'signin', 'sign_in', 'credential', 'botpassword', 'pdo('],
    needs: [','],
    pattern:
      /(?:login|authenticate|auth(?:entication)?|connect(?:ion)?|signin|sign_in|basicauth|credentials?|botpassword|pdo)\s?(?:=\s?)?\(\s{0,4}(?:(?:["'][^"'\n]{0,100}["']|[\w.$]{1,40})\s{0,2},\s{0,2})?["'][^"'\n]{1,100}["']\s{0,2},\s{0,2}["']([^"'\n]+)/dgi,
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
      /(?:BUNDLE_[A-Z0-9_]{1,80}[=:]\s?|bundle config\s{1,3}(?:--?\w{1,10}\s|set\s){0,3}\S{1,100}\s{1,3})["']?[\w.@-]{1,64}:([^\s"'`/]{4,})/dg,
    accept: isArgument,
    masked: ['BUNDLE_GEMS__EXAMPLE__ORG=tool:‹Tr0ub4dor-9›', 'bundle config gems.example.org tool:‹Tr0ub4dor-9›'],
    left: ['BUNDLE_PATH=vendor/bundle', 'bundle config https://gems.example.org $AUTH'],
  },
  {
    name: 'password of a network share',
    keywords: ['net use', 'net user'],
    pattern:
      /net use(?:r\s{1,3}[\w.-]{1,40}|\s{1,3}(?:\w:\s{1,3})?\\\\\S{1,200}(?:\s{1,3}\/user:\S{1,80})?)\s{1,3}([^\s/]\S{3,})/dg,
    accept: isArgument,
    masked: [
      'net use \\\\host\\share ‹Tr0ub4dor-9› /user:tool',
      'net use Z: \\\\host\\share /user:A\\tool ‹Maple+1›',
      'net user tool ‹Tr0ub4dor-9› /add',
    ],
    left: ['net use \\\\host\\share /user:tool', 'net user tool /delete'],
  },
  {
    name: 'password after the name of a user',
    keywords: ['rabbitmqctl', 'samba-to', 'cf auth', 'isql', 'wpa_passphrase', 'drush'],
    pattern: new RegExp(
      `(?<![\\w.-])(?:rabbitmqctl (?:add_user|change_password|authenticate_user)|samba-tool user (?:create|add|setpassword)|cf auth|isql\\s{1,4}[\\w.-]{1,40}|wpa_passphrase|drush (?:user:password|user-password|upwd))\\s{1,4}(?:-\\S{1,20}\\s{1,4}){0,3}[^\\s-]\\S{0,60}\\s{1,4}${argument}`,
      'gd',
    ),
    accept: isArgument,
    masked: [
      'rabbitmqctl add_user tool ‹Tr0ub4dor-9›',
      "samba-tool user create tool '‹Tr0ub4dor-9›'",
      'cf auth tool ‹sunshine›',
      'isql DSN tool ‹sunshine›',
    ],
    left: ['rabbitmqctl add_user tool "$PASSWORD"', 'cf auth tool', 'samba-tool user create tool --random-password'],
  },
  {
    name: 'keys of an alias of MinIO',
    keywords: ['mc alias', 'mc config host', 'mcli alias'],
    pattern: new RegExp(
      `(?:alias set|config host add)\\s{1,4}\\S{1,60}\\s{1,4}https?://\\S{1,200}\\s{1,4}\\S{1,100}\\s{1,4}${argument}`,
      'gd',
    ),
    accept: isArgument,
    masked: ['mc alias set store https://s3.example.org tool ‹Tr0ub4dor-9›'],
    left: ['mc alias set store https://s3.example.org "$KEY" "$SECRET"', 'mc alias list'],
  },
  {
    name: 'password that is hashed or encrypts a document',
    keywords: ['openssl passwd', 'owner_pw', 'user_pw', 'mkpasswd'],
    pattern: new RegExp(
      `(?:openssl passwd\\s(?:-\\w{1,12}\\s(?:\\w{1,16}\\s(?=\\S))?){0,4}|(?:owner|user)_pw\\s|mkpasswd\\s(?:-\\w{1,12}\\s(?:\\w{1,16}\\s(?=\\S))?){0,3}(?!-))${argument}`,
      'gd',
    ),
    accept: (secret) => isArgument(secret) && isPasswordText(secret),
    masked: ['openssl passwd -6 ‹Tr0ub4dor-9›', 'pdftk a.pdf output b.pdf owner_pw ‹Tr0ub4dor-9›'],
    left: ['openssl passwd -6 "$PASSWORD"', 'mkpasswd -m sha-512'],
  },
  {
    name: 'passwords of an encrypted document',
    keywords: ['qpdf'],
    pattern:
      /qpdf\s[^|\n]{0,80}?--encrypt\s{1,4}((?:"[^"$]{1,100}"|'[^']{1,100}'|[^\s"'$]{1,100})\s{1,4}\S{1,100})(?=\s{1,4}(?:40|128|256)\b)/dg,
    masked: ['qpdf --encrypt ‹Tr0ub4dor-9 sunshine› 256 -- in.pdf out.pdf'],
    left: ['qpdf --encrypt "$USER" "$OWNER" 256 -- in.pdf out.pdf'],
  },
  {
    name: 'password that a script sends',
    keywords: ['send "', "send '", 'send -- "', 'sendline('],
    needs: ['\\r', '\\n', 'sendline'],
    pattern: /\bsend(?:line\()?\s{0,2}(?:--\s)?["']([^"'\\$]{4,100})(?:\\[rn])?["']/dg,
    accept: (secret) => isStrong(secret) || (isRandom(secret) && isArgument(secret) && !/[/ ]/.test(secret)),
    masked: ['send "‹Tr0ub4dor_9›\\r"', "child.sendline('‹Tr0ub4dor_9›')"],
    left: ['send "yes\\r"', 'send "$password\\r"', 'sendline("ls -l /tmp2")'],
  },
  {
    name: 'password in a here-string',
    keywords: ['kinit ', 'login', 'passwd', 'sudo ', 'cryptset', 'gpg ', 'sshpass'],
    needs: ['<<<'],
    pattern:
      /\b(?:kinit|login|passwd|sudo|su|cryptsetup|gpg|sshpass|smbpasswd)\b[^|\n]{0,100}<<<\s?["']?([^\s"'$]{4,100})/dg,
    accept: isArgument,
    masked: ["kinit tool <<< '‹Maple&Thunder›'", 'docker login -u tool --password-stdin <<< ‹sunshine›'],
    left: ['kinit tool <<< "$PASSWORD"', 'cat <<< text'],
  },
  {
    name: 'token or password of Bundler for a host',
    keywords: ['bundle_'],
    needs: ['__'],
    pattern:
      /BUNDLE_[A-Z0-9]{1,40}(?:_{1,3}[A-Z0-9]{1,40}){0,6}__[A-Z0-9_]{2,40}[=:]\s?["']?([^\s"':/]{12,}):?["']?\s*$/dg,
    accept: isRandom,
    masked: [`BUNDLE_GEM__FURY__IO=‹${sample(20)}›:`],
    left: ['BUNDLE_BUILD__NOKOGIRI=--use-system', 'BUNDLE_GEMS__EXAMPLE__ORG=$TOKEN'],
  },
  {
    name: 'token in the place of the user in .netrc',
    keywords: ['x-oauth-basic'],
    pattern: /login\s{1,4}([^\s]{16,200})\s{1,4}password\s{1,4}x-oauth-basic/dg,
    accept: isRandom,
    masked: [`machine github.com login ‹${sample(40)}› password x-oauth-basic`],
    left: ['login tool password x-oauth-basic'],
  },
];
