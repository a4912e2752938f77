import { isArgument, isPasswordText, isRandom, isTokenText } from './judge.ts';
import { nameKeywords } from './names.ts';
import { type SecretRule, sample } from './secret-rule.ts';
import { isWords } from './words.ts';

/** Says whether a dumped value can be a secret: it has letters and digits, or is a word of six letters or more. */
const isDumped = (secret: string): boolean => isTokenText(secret) || (isRandom(secret) && isPasswordText(secret));

/** Rules for values that programs dump: serialized data, messages of validation, terms, and calls. */
export const dumps: readonly SecretRule[] = [
  {
    name: 'serialized string of PHP',
    keywords: nameKeywords,
    needs: [';s:'],
    after: 'secret',
    pattern: /;s:\d{1,6}:\\?"((?:[^"\\]|\\.)+)/diy,
    accept: isPasswordText,
    masked: ['a:1:{s:8:"password";s:12:"‹Tr0ub4dor-9›";}'],
    left: ['a:1:{s:8:"password";s:0:"";}', 's:8:"password";s:8:"required";'],
  },
  {
    name: 'value that a validation refuses',
    keywords: nameKeywords,
    needs: ['input_value=', 'input: '],
    after: 'secret',
    pattern: /\s[^\n]{0,20}\n?[^\n]{0,200}?input(?:_value=|: )(?:'((?:[^'\\]|\\.)+)|"((?:[^"\\]|\\.)+))/diy,
    accept: isPasswordText,
    masked: [
      "password\n  String should match [type=string_pattern_mismatch, input_value='‹Tr0ub4dor-9›', input_type=str]",
    ],
    left: ["password\n  Field required [type=missing, input_value={'user': 'tool'}, input_type=dict]"],
  },
  {
    name: 'refused value that looks like a secret',
    keywords: ['input_value='],
    pattern: /input_value=(?:'((?:[^'\\]|\\.)+)|"((?:[^"\\]|\\.)+))/dg,
    accept: (secret) => secret.length >= 20 && isRandom(secret) && isTokenText(secret),
    masked: [`[type=string_too_short, input_value='‹${sample(32)}›', input_type=str]`],
    left: ["[type=int_parsing, input_value='eighty', input_type=str]"],
  },
  {
    name: 'term with a name and a value',
    keywords: nameKeywords,
    needs: ['"'],
    after: 'secret',
    pattern: /(?<=[{(]\s?[\w.-]{0,80})\s?(?:,|\s\.)\s{0,4}(?:<<)?"((?:[^"\\]|\\.)+)/diy,
    accept: (secret) => (isRandom(secret) && isPasswordText(secret)) || isWords(secret),
    masked: ['[{password,"‹Tr0ub4dor-9›"}]', '{token, <<"‹aB3dE6gH9›">>}', '(password . "‹Tr0ub4dor-9›")'],
    left: ['f(password, "utf8")', '{password, "secret"}'],
  },
  {
    name: 'argument of a call that is named like a secret',
    keywords: nameKeywords,
    needs: ['('],
    after: 'secret',
    pattern: /\((?:value=)?\s{0,4}b?(?:"((?:[^"\\]|\\.)+)|'([^']+))/diy,
    accept: (secret) => isRandom(secret) && isDumped(secret) && !/\s/.test(secret),
    masked: [`client.withToken("‹${sample(32)}›")`, `Secret(value='‹${sample(32)}›')`, "setPassword('‹Tr0ub4dor-9›')"],
    left: [
      'client.withToken("token")',
      "new InvalidToken('failed x5t#S256 verification')",
      'getpass("Password: ")',
      "withPassword('a password of 8 characters')",
    ],
  },
  {
    name: 'last of the arguments of Credentials',
    keywords: ['credentials('],
    pattern: /\bcredentials\(\s{0,4}(?:(?:"[^"\n]{0,100}"|[\w.$()]{1,60})\s{0,2},\s{0,4}){3}"([^"\n]+)"\s{0,4}\)/dgi,
    accept: (secret) => isArgument(secret) && isPasswordText(secret),
    masked: ['Credentials("Realm", "repo.example.org", "deploy", "‹Tr0ub4dor-9›")'],
    left: ['Credentials("realm", "host", "user", "password")', 'Credentials("a", "b", "c", "$PASSWORD")'],
  },
  {
    name: 'user and password that are encoded in a call',
    keywords: ['btoa(', 'buffer(', 'buffer.from(', 'b64encode', 'base64_encode', 'encode6', 'encodetos', 'getbytes('],
    pattern:
      /(?:btoa|Buffer(?:\.from)?|b64encode|base64_encode|encode64|EncodeToString|GetBytes)\((?:\[\]byte\()?\s{0,2}[bf]?["'](?!data:|https?:)[\w.@-]{1,64}:([^\s"'/][^\s"']{3,})/dg,
    accept: isArgument,
    masked: ["Buffer.from('tool:‹Tr0ub4dor-9›').toString('base64')", 'base64.b64encode(b"tool:‹Tr0ub4dor-9›")'],
    left: ["btoa('user:$PASSWORD')", "Buffer.from('data:text/plain')"],
  },
];
