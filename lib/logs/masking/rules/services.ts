import { isBareToken, isPasswordText, isRandom } from './judge.ts';
import { hexSample, type SecretRule, sample } from './secret-rule.ts';
import { uuidSample } from './token-rule.ts';
import { isWordsWithSign } from './words.ts';

/** Says whether a variable of a pipeline is a secret, from its value alone. */
const isVariableOfPipeline = (secret: string): boolean =>
  (isRandom(secret) && isBareToken(secret, '')) || isWordsWithSign(secret);

/** Rules for the outputs of services of CI and clouds, and of managers of packages. */
export const services: readonly SecretRule[] = [
  {
    name: 'value that a job of CI masks',
    keywords: ['::add-mask::', 'issecret=true'],
    pattern:
      /(?:::add-mask::|##vso\[task\.setvariable[^\]\n]{0,120}issecret=true[^\]\n]{0,60}\])([^\s*"'`$][^\s"'`]{3,})/dgi,
    masked: ['::add-mask::‹sunshine›', '##vso[task.setvariable variable=x;issecret=true]‹sunshine›'],
    left: ['::add-mask::***', '::add-mask::$TOKEN'],
  },
  {
    name: 'variable of a pipeline of CI',
    keywords: ['task.setva', '::set-output', '::set-env', '::save-state', 'setparam'],
    pattern:
      /(?:##vso\[task\.setvariable[^\]\n]{0,120}\]|::(?:set-output|set-env|save-state)\sname=[^:\n]{1,60}::|##teamcity\[setParameter name='[^'\n]{1,80}' value=')([^\s'$]{6,})/dg,
    accept: isVariableOfPipeline,
    masked: [`##vso[task.setvariable variable=ApiSecret]‹${sample(40)}›`, `::set-output name=token::‹${sample(40)}›`],
    left: ['##vso[task.setvariable variable=version]1.2.3', '::set-output name=image::registry.example.org/a@v1'],
  },
  {
    name: 'key of a storage account',
    keywords: ['"value"', 'key1', 'key2', 'primarykey', 'primarymasterkey', 'secondarykey', 'masterkey', 'accountkey'],
    needs: ['=='],
    pattern: /(?<![A-Za-z0-9+/-])([A-Za-z0-9+/]{86}==)(?![A-Za-z0-9+/=])/dg,
    accept: isRandom,
    masked: [`"value": "‹${sample(86)}==›"`, `key1  FULL  ‹${sample(86)}==›`],
    left: [`"integrity value": "sha512-${sample(86)}=="`],
  },
  {
    name: 'secret that a store of secrets shows',
    keywords: ['secretda', 'secretst', 'secretva', 'secrette', 'secretbinary'],
    pattern: /"Secret(?:Data|String|Value|Text|Binary)"\s?:\s?"((?!\{)(?:[^"\\]|\\.)+)/dg,
    accept: isPasswordText,
    masked: ['"SecretData": "‹walvis-in-zicht›"', '"SecretString": "‹open sesame›",'],
    left: ['"SecretString": "{\\"user\\":\\"tool\\"}"', '"SecretData": null'],
  },
  {
    name: 'passphrase of a wireless network',
    keywords: ['psk="', "psk='", 'wpa_passphrase', 'psk '],
    pattern: /(?:\bpsk|wpa_passphrase)\s?=?\s?["']([^"'\n$]{8,63})["']/dgi,
    masked: ['  psk="‹a plant in the hall›"', 'wpa-psk "‹quiet river stone›"'],
    left: ['psk="$PSK_OF_WIFI"', 'psk=""'],
  },
  {
    name: 'secure string of a store of parameters',
    keywords: ['securestri'],
    needs: ['\t', '  '],
    pattern: /SecureString(?:\t|\s{2,20})([^\s"']{4,})/dg,
    accept: isPasswordText,
    masked: ['PARAMETER\t/prod/db\tSecureString\t‹Groene.Thee-2›\t3'],
    left: ['PARAMETER\t/prod/db\tSecureString\tnone'],
  },
  {
    name: 'setting of Yarn with its source',
    keywords: ['authtoken', 'authident'],
    pattern: /npmAuth(?:Token|Ident)\b[^'"\n]{0,200}["']([^'"\s]{8,})/dg,
    accept: isRandom,
    masked: [`➤ YN0000: npmScopes → acme → npmAuthToken  <default> '‹${uuidSample}›'`],
    left: ["npmAuthToken  <default> 'token'"],
  },
  {
    name: 'credentials that Bundler has set',
    keywords: ['set for your loc', 'set for the cur', 'set via '],
    pattern: /\bSet (?:for|via) [^"\n]{1,200}: "[\w.@-]{1,64}:([^"\s/]{4,})"/dg,
    accept: isRandom,
    masked: ['Set for the current user (/root/.bundle/config): "7dc316fa:‹fe1a1eb8›"'],
    left: ['Set for the current user (/root/.bundle/config): "vendor/bundle"'],
  },
  {
    name: 'personal access token',
    keywords: ['_pat=', '_pat:', 'pat: ', 'pat =', 'pat"', ' pat '],
    pattern: /(?<![a-z])pat["']?(?:\s?[:=]\s?|\sis\s)["']?([a-z0-9_]{40,100})(?![\w.-])/dgi,
    accept: isRandom,
    masked: [`GH_PAT=‹${sample(40)}›`, `"pat": "‹${sample(52)}›"`],
    left: ['pat: none', 'PAT=$TOKEN'],
  },
  {
    name: 'code of a recovery in a field',
    keywords: ['recovery_code', 'backup_code', 'recoverycode', 'backupcode', 'recovery code', 'backup code'],
    pattern:
      /(?:recovery|backup)[_ ]?code["']?\s?[:=]\s?["']?([a-z0-9]{4,10}(?:-[a-z0-9]{4,10}){1,5}|[a-z0-9]{8,16})(?![\w-])/dgi,
    accept: isRandom,
    masked: ['recovery_code: ‹0a1b2-c3d4e›', 'Backup code: ‹4QIE3ESO›'],
    left: ['recovery_code: required'],
  },
  {
    name: 'seed, salt or pepper',
    keywords: ['seed:', 'seed =', 'seed=', 'seed"', 'pepper', 'salt:', 'salt =', 'salt"', '_salt'],
    pattern:
      /(?<![a-z])(?:seed["']?\s?[:=]\s{0,2}["']?([0-9a-f]{64}(?:[0-9a-f]{64})?)|(?:pepper|salt)["']?\s?[:=]\s{0,2}["']?([a-z0-9+/_-]{32,100}={0,2}))(?![\w.-])/dgi,
    accept: isRandom,
    masked: [`master seed: ‹${hexSample(64)}›`, `pepper: ‹${sample(40)}›`],
    left: ['seed: 1234567890', `salt=${hexSample(16)}`, 'seed: none'],
  },
  {
    name: 'digits of a key in a line of their own',
    keywords: ['certificate key', 'unseal key', 'root token'],
    pattern: /(?:certificate|unseal|encryption) key\s?\d{0,2}:\s{1,4}([0-9a-f]{32,64})/dgi,
    masked: [`Using certificate key: ‹${hexSample(64)}›`],
    left: ['certificate key: not found'],
  },
];
