// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the examples have placeholders such as ${TOKEN}
import { isArgument, isPasswordText, isRandom, isTokenText } from './judge.ts';
import { argument, nameKeywords, passwordVariable, tokenVariable } from './names.ts';
import { type SecretRule, sample } from './secret-rule.ts';
import { isWords } from './words.ts';

const isSetting = (secret: string): boolean => (isRandom(secret) && isTokenText(secret)) || isWords(secret);

/** Says whether an argument is the value of a secret that a command stores. Any text can be one. */
const isStored = (secret: string): boolean => isArgument(secret) && !/^(?:file:|@|\{\{)/.test(secret);

/** Pairs of a name and a value, of which the last one's value is masked. */
const pairs = (options: string): string => `(?:${options})["']?[\\w.-]{1,100}=${argument}`;

/** Rules for commands that write a secret into a configuration or into a store of secrets. */
export const settings: readonly SecretRule[] = [
  {
    name: 'setting that is named like a secret',
    keywords: nameKeywords,
    needs: ['config', 'set', 'put', 'add', 'create', 'update', 'connect', 'modify'],
    after: 'secret',
    pattern:
      /(?:[./:][\w./:-]{1,80})?\s{1,4}["']?(?=[^\s"']{5})(?<=\b(?:config(?:ure)?|set|add|create|put|update|reset|connect|modify)\b[^|\n]{0,300}?)([^\s"']+)/diy,
    accept: isSetting,
    masked: [
      `yarn config set npmAuthToken ‹${sample(36)}›`,
      `toolforge envvars create OAUTH_SECRET ‹${sample(40)}›`,
      `poetry config pypi-token.pypi ‹${sample(40)}›`,
      'git config --global example.token ‹Tr0ub4dor-9›',
      `npm config set //registry.example/:_authToken ‹${sample(36)}›`,
      'consul kv put config/db/password ‹Tr0ub4dor-9›',
    ],
    left: ['npm config set token-type v2', 'gh secret set API_TOKEN', 'git config credential.helper store'],
  },
  {
    name: 'variable of a container image or a shell',
    keywords: nameKeywords,
    pattern: new RegExp(
      `(?:\\b(?:ENV|ARG|setenv|export|create|set(?:-env)?(?: -[a-z]+)?|setx)\\s{1,4})[\\w./:-]{0,80}?(?:${passwordVariable}|${tokenVariable}|(?:_authToken|_password|_auth|secret_access_key))\\s{1,4}["']?([^\\s"']{5,})`,
      'gd',
    ),
    accept: isSetting,
    masked: ['ENV DB_PASSWORD ‹Tr0ub4dor-9›', `set -gx SERVICE_TOKEN ‹${sample(24)}›`],
    left: ['ENV TOKEN_TTL_SECONDS 3600', 'ARG NPM_TOKEN', 'ENV DB_PASSWORD $PASSWORD'],
  },
  {
    name: 'literal of a secret of Kubernetes',
    keywords: ['--from-literal'],
    needs: ['secret'],
    pattern: new RegExp(pairs('--from-literal[ =]'), 'gd'),
    accept: isStored,
    masked: [
      'kubectl create secret generic db --from-literal=root=‹Tr0ub4dor-9›',
      "oc create secret generic db --from-literal='root=‹Tr0ub4dor-9›'",
    ],
    left: [
      'kubectl create configmap app --from-literal=mode=production',
      'kubectl create secret generic app --from-literal=password=$PASSWORD',
      '      --from-literal=[]: Specify a key and a value of the secret (mykey=somevalue)',
    ],
  },
  {
    name: 'pairs that a store of secrets takes',
    keywords: ['secrets set', 'kv put', 'vault write', 'secrets:set', 'secrets im'],
    pattern: new RegExp(
      `(?<=\\s)["']?[\\w.-]{1,100}=(?<=(?:secrets set|kv put|vault write|secrets:set|secrets import)\\s[^|\\n]{0,400}?)${argument}`,
      'gd',
    ),
    accept: (secret) => isStored(secret) && isPasswordText(secret),
    masked: ['vault kv put secret/app root=‹Tr0ub4dor-9›', 'fly secrets set ROOT=‹Tr0ub4dor-9›'],
    left: ['vault kv put secret/app @data.json', 'fly secrets set ROOT="$ROOT"', 'vault write auth/role ttl=1h'],
  },
  {
    name: 'value that a store of secrets takes',
    keywords: ['secret set', 'securestri', '--secret-s', 'env:set', 'encrypt_s', 'secret put', 'envvars cr'],
    pattern: new RegExp(
      `(?:secret set[^|\\n]{0,200}?\\s(?:--value|--body|-b)[ =]?|SecureString[^|\\n]{0,200}?\\s--value[ =]|--secret-string[ =](?!["']?\\{)|env:set\\s{1,4}\\S{1,100}\\s{1,4}|encrypt_string\\s{1,4}(?=["'\\w])|secret put\\s[^|\\n]{0,100}?<<<\\s?|envvars create\\s{1,4}\\S{1,100}\\s{1,4})${argument}`,
      'gd',
    ),
    accept: isStored,
    masked: [
      'aws ssm put-parameter --name /db --type SecureString --value ‹Tr0ub4dor-9›',
      'az keyvault secret set --vault-name v --name db --value ‹Tr0ub4dor-9›',
      `aws secretsmanager create-secret --name db --secret-string ‹${sample(20)}›`,
      "ansible-vault encrypt_string '‹Tr0ub4dor-9›' --name db",
      'gh secret set DB -b‹Tr0ub4dor-9›',
      'toolforge envvars create BOT ‹Tr0ub4dor-9›',
    ],
    left: [
      'gh secret set API_TOKEN --body "$TOKEN"',
      'aws ssm put-parameter --name /mode --type String --value production',
      'ansible-vault encrypt_string --stdin-name db',
    ],
  },
  {
    name: 'value that is piped into a store of secrets',
    keywords: ['secret set', 'secrets cr', 'secret cr', 'secret put', 'secrets put', 'versions add'],
    needs: ['|'],
    pattern:
      /(?:echo|printf)\s{1,3}(?:-[ne]{1,2}\s{1,3})?["']?(?:%s["']?\s{1,3}["']?)?([^\s"'|]{4,200})["']?\s{0,3}\|[^|\n]{0,80}\b(?:secrets? (?:set|create|put)|versions add)/dg,
    accept: isStored,
    masked: ["printf '‹Tr0ub4dor-9›' | gcloud secrets create db --data-file=-", 'echo ‹sunshine› | gh secret set DB'],
    left: ['echo "$PASSWORD" | docker secret create db -'],
  },
];
