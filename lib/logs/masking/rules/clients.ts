import { isArgument, isBareToken, isKeyLike, isRandom, isStrong } from './judge.ts';
import { argument } from './names.ts';
import { option, pair } from './option-rule.ts';
import { hexSample, type SecretRule, sample } from './secret-rule.ts';
import { uuid, uuidSample } from './token-rule.ts';

/** Says whether the value of a short option is a token: a UUID, many hexadecimal digits, or generated text. */
const isUploadToken = (secret: string): boolean =>
  new RegExp(`^${uuid}$`).test(secret) || /^[0-9a-f]{32,}$/.test(secret) || isBareToken(secret, '');

const isLiteralPassword = (secret: string): boolean =>
  isArgument(secret) && !/^(?:pass|env|file|fd|stdin|\/)/.test(secret);

/** Rules for programs that upload, publish or sign, and for clients of services, whose options have short names. */
export const clients: readonly SecretRule[] = [
  option({
    name: 'uploader with the option -t',
    commands: [
      'codecov\\w{0,4}',
      'codacy\\S{0,20}',
      'get\\.sh\\) report',
      'uv publish',
      'vercel',
      'influx',
      'glab',
      'now',
    ],
    keywords: ['codecov', 'codacy', 'uv publish', 'vercel', 'influx', 'glab '],
    option: '-t[ =]\\s{0,4}',
    accept: isUploadToken,
    masked: [
      `codecov -t ‹${uuidSample}›`,
      `bash <(curl -s https://codecov.io/bash) -t ‹${uuidSample}›`,
      `influx config create -n x -t ‹${sample(60)}==› -a`,
    ],
    left: ['codecov -f coverage.xml -F unit', 'uv publish -t "$TOKEN"', 'vercel deploy -t name'],
  }),
  option({
    name: 'uploader with the option -r or -a',
    commands: ['cc-test-reporter', 'gitlab-runner register', 'hatch publish'],
    option: '-[ra][ =]\\s{0,4}',
    accept: isUploadToken,
    masked: [`./cc-test-reporter after-build -r ‹${hexSample(64)}›`, `hatch publish -u __token__ -a ‹${sample(60)}›`],
    left: ['cc-test-reporter after-build -r $ID', 'hatch publish -r test'],
  }),
  option({
    name: 'publisher with a password',
    commands: [
      'conan',
      'dotnet nuget',
      'nuget',
      'pdm publish',
      'maturin',
      'cabal',
      'ncftp\\w{0,4}',
      'knife',
      'altool',
      'notarytool',
    ],
    keywords: ['conan', 'nuget', 'pdm publish', 'maturin', 'cabal', 'ncftp', 'knife', 'altoo', 'notarytoo'],
    option: '-[pP][ =]\\s{0,4}',
    masked: ['conan user -p ‹Tr0ub4dor-9› -r remote tool', 'pdm publish -u tool -P ‹Tr0ub4dor-9›'],
    left: ['conan user -p "$PASSWORD" tool', 'nuget pack -p', 'cabal update'],
  }),
  option({
    name: 'client with the option -P, -A or -X',
    commands: ['ipmitool', 'tsql', 'fisql', 'snmp\\w{2,8}'],
    keywords: ['ipmito', 'tsql', 'fisql', 'snmp'],
    option: '-P[ =]?\\s{0,4}',
    masked: ['ipmitool -H host -U tool -P ‹Tr0ub4dor-9› power status'],
    left: ['ipmitool -H host -U tool -P "$PASSWORD" power status'],
  }),
  {
    name: 'passwords of SNMP',
    keywords: ['snmp'],
    pattern: new RegExp(`(?<=\\s)-[AX]\\s{1,4}(?<=\\bsnmp\\w{2,10}\\s[^|\\n]{0,200}?)${argument}`, 'gd'),
    accept: isArgument,
    masked: ['snmpwalk -v3 -u tool -A ‹Tr0ub4dor-9› -X ‹sunshine› host'],
    left: ['snmpwalk -v3 -u tool -A "$AUTH" host'],
  },
  option({
    name: 'client of PuTTY with a password',
    commands: ['plink', 'pscp', 'psftp', 'putty', 'kitty'],
    option: '-pw\\s{1,4}',
    masked: ['plink -ssh -pw ‹Tr0ub4dor-9› tool@host'],
    left: ['plink -ssh -pw "$PASSWORD" tool@host', 'pscp -i key a tool@host:'],
  }),
  option({
    name: 'keychain of macOS with a password',
    commands: ['security (?:unlock-keychain|create-keychain|import|set-key-partition-list|set-keychain-password)'],
    keywords: ['-keychain', 'security im', '-partition-list'],
    option: '-[pPk]\\s{1,4}(?!\\S{0,80}\\.keychain)',
    masked: ['security unlock-keychain -p ‹Tr0ub4dor-9› login.keychain'],
    left: ['security unlock-keychain -p "$PASSWORD" login.keychain', 'security import a.p12 -k login.keychain'],
  }),
  option({
    name: 'program that signs with a password',
    commands: ['signtool', 'osslsigncode', 'apksigner', 'rpmsign', 'jsign'],
    keywords: ['signto', 'osslsign', 'apksign', 'rpmsign', 'jsign'],
    option: '(?:/p\\s{1,4}|-pass\\s{1,4}|--?(?:ks|key)-pass[ =](?:pass:)?)',
    accept: isLiteralPassword,
    masked: ['signtool sign /f cert.pfx /p ‹Tr0ub4dor-9› a.exe', 'apksigner sign --ks-pass pass:‹Tr0ub4dor-9› a.apk'],
    left: ['apksigner sign --ks-pass env:PASSWORD a.apk', 'signtool verify /pa a.exe'],
  }),
  option({
    name: 'task of Windows with a password',
    commands: ['schtasks', 'cmdkey', 'runas'],
    option: '/(?:rp\\s{1,4}|pass:)',
    masked: ['schtasks /create /ru tool /rp ‹Tr0ub4dor-9› /tn x', 'cmdkey /add:h /user:tool /pass:‹sunshine›'],
    left: ['schtasks /create /ru SYSTEM /tn x'],
  }),
  option({
    name: 'LDAP client with a new password',
    commands: ['ldappasswd'],
    option: '-[sa]\\s{0,4}',
    masked: ['ldappasswd -s ‹Tr0ub4dor-9› -D cn=x'],
    left: ['ldappasswd -S -D cn=x', 'ldappasswd -s "$PASSWORD"'],
  }),
  {
    name: 'password after the share of an SMB client',
    keywords: ['smbclient'],
    pattern: new RegExp(`smbclient\\s{1,4}["']?//\\S{1,200}\\s{1,4}(?!-)${argument}`, 'gd'),
    accept: isArgument,
    masked: ['smbclient //host/share ‹Tr0ub4dor-9› -U tool'],
    left: ['smbclient //host/share -U tool', 'smbclient //host/share "$PASSWORD"'],
  },
  option({
    name: 'client with user and password in one option',
    commands: ['etcdctl', 'jenkins-cli\\S{0,8}', 'mill', 'sqlline', 'hg', 'aria2c'],
    keywords: ['etcdctl', 'jenkins-cli', 'sonatypecreds', 'sqllin'],
    option: '(?:--user|-auth|--sonatypeCreds|--creds)[ =]\\s{0,4}',
    value: pair,
    masked: ['etcdctl --user root:‹Tr0ub4dor-9› get /', 'mill publish --sonatypeCreds tool:‹Tr0ub4dor-9›'],
    left: ['etcdctl --user root get /', 'etcdctl --user "root:$PASSWORD" get /'],
  }),
  option({
    name: 'key of a cluster or a tunnel',
    commands: ['consul', 'nomad', 'serf', 'cloudflared'],
    keywords: ['consul ', 'nomad agent', 'serf agent', 'cloudflared'],
    option: '(?:-encrypt[ =]|service install\\s{1,4})',
    accept: (secret) => isKeyLike(secret) || isBareToken(secret, ''),
    masked: [`consul agent -encrypt ‹${sample(43)}=›`, `cloudflared service install ‹eyJ${sample(120)}›`],
    left: ['consul agent -encrypt "$KEY"', 'cloudflared service install'],
  }),
  {
    name: 'short option with a value that only a secret has',
    keywords: [' -p ', ' -P ', ' -t ', ' -a ', ' -k ', ' -w ', ' -T ', ' -K ', ' -pw '],
    pattern: new RegExp(`(?<=\\s)-(?:[pPtTakwK]|pw)\\s{1,4}${argument}`, 'gd'),
    accept: (secret) =>
      isArgument(secret) &&
      (isKeyLike(secret) || (isStrong(secret) && isRandom(secret) && /[!#%^*~]/.test(secret))) &&
      !/[/:=,()]/.test(secret),
    masked: [`upload -t ‹${sample(32)}› file`, 'tool -u me -p ‹aB3#dE6!gH›'],
    left: ['docker build -t tool:v1 .', 'npx -p package@1.2.3 run', 'docker run -p 8080:80 -t tool'],
  },
];
