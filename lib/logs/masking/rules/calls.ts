import { isArgument, isPasswordText, isRandom } from './judge.ts';
import { type SecretRule, sample } from './secret-rule.ts';
import { isWords, isWordsInField } from './words.ts';

/** Functions and classes that take a user and a password: the end of their names. */
const signsIn =
  'log_?in|db\\.auth|pdo|mysqli|(?:mysqli?_\\w{0,10}|real_|pg_p?|DBI::|main::\\w{0,20})connect|ldap_bind|simple_bind\\w{0,2}|imap_open|auth_password|basic_?auth|authenticate|(?:create|add)_?user|set_?password';

/** Other functions that often take a password. Their arguments are masked in a stack trace of PHP. */
const mayTakePassword =
  'auth\\w{0,10}|connect\\w{0,10}|bind|sign_?in|credentials?|consumer|oauth\\w{0,8}|(?:en|de)crypt';
const inTrace = '(?<=#\\d{1,3}\\s[^\\n]{1,300})';

const text = `"[^"\\n]{0,200}"|'[^'\\n]{0,200}'`;
const firstArgument = `(?!["']https?:)(?:${text}|Array|NULL|\\d{1,6}|Resource id #\\d{1,6}|[A-Z][\\w\\\\:=]{0,80}\\([^()\\n]{0,60}\\))`;

/** Removes the points with which PHP cuts long arguments in traces. */
const withoutCut = (argument: string): string => argument.replace(/\.\.\.$/, '');

const stringsOf = (found: string): string[] =>
  [...found.matchAll(/"([^"]+)"|'([^']+)'/g)].map(([, double, single]) => withoutCut(double ?? single ?? ''));

/** Says whether an argument without other arguments beside it is a password. */
const isCertain = (argument: string): boolean =>
  isWords(argument) ||
  (isRandom(argument) && isArgument(argument) && isPasswordText(argument) && !/[:/\s]/.test(argument));

/** Says whether one of the arguments after the first one is a password. The names of users may be masked with it. The third argument can be any word. */
const hasPassword = (found: string): boolean => {
  const strings = stringsOf(found);
  const second = strings[1] ?? '';
  return (
    strings.some((argument) => isCertain(argument) || isWordsInField(argument)) ||
    (second.length >= 6 && !/[\s/:=@.]/.test(second) && isPasswordText(second))
  );
};

/** Rules for the arguments of calls, as programs have them and as traces of their stacks print them. */
export const calls: readonly SecretRule[] = [
  {
    name: 'arguments of a call that signs in',
    keywords: [
      ...[
        'login(',
        'log_in(',
        'pdo(',
        'pdo->',
        'mysqli(',
        'mysqli->',
        'connect(',
        'connect_',
        'connection(',
        'bind(',
        'bind_s(',
      ],
      ...[
        'imap_open(',
        'auth_password(',
        'auth(',
        'authenticate(',
        'authentication(',
        'sign_in(',
        'signin(',
        '_user(',
        'user(',
      ],
      ...['setpassword(', 'set_password(', 'credentials(', 'credential(', 'consumer->', 'consumer(', 'oauth', 'crypt('],
    ],
    needs: [','],
    pattern: new RegExp(
      `(?:${signsIn}|(?:${mayTakePassword})${inTrace})(?:->__construct|\\.new|::new)?\\s?\\(\\s{0,4}${firstArgument}\\s{0,2},\\s{0,4}((?:${text}|[^()"'\\n]){1,300})`,
      'gdi',
    ),
    accept: hasPassword,
    masked: [
      "#0 /app/db.php(2): PDO->__construct('mysql:host=db', ‹'tool', 'Maple&Thunder'›)",
      "mysqli_connect('db', ‹'tool', 'Maple&Thunder', 'app'›)",
      "ftp_login(Resource id #3, ‹'tool', 'Sparrow1987'›)",
      `main::do_login("Bot", ‹"Maple&Thunder"›) called at a.pl line 7`,
      `#1 /app/a.php(3): Consumer->__construct('8cb513327e250c8...', ‹'${sample(15)}...'›)`,
    ],
    left: [
      "PDO->__construct('mysql:host=db', 'tool', Object(SensitiveParameterValue))",
      'connect(button, "clicked", "onClick")',
      "login('user', 'password')",
      'login(page, "Main_Page", "Edit-Summary")',
      "authenticate('tool', 'required', 'password')",
      "bind('Mouse_Down', 'On_Mouse')",
      "authenticate('tool', Array)",
    ],
  },
  {
    name: 'trace of a connection of DBI',
    keywords: ['connect for dbd'],
    pattern: /connect for DBD\S{1,60}\s\([^'\n]{0,80}'[^'\n]{0,200}'\s'[^'\n]{0,80}'\s'([^'\n]+)'/dg,
    accept: isPasswordText,
    masked: ["-> connect for DBD::mysql::dr (DBI::dr=HASH(0x5) 'database=app' 'tool' '‹Wachtel.König›' HASH(0x6))"],
    left: ["-> connect for DBD::mysql::dr (DBI::dr=HASH(0x5) 'database=app' 'tool' '****' HASH(0x6))"],
  },
  {
    name: 'key in an object for tokens',
    keywords: ['jwt', 'signing'],
    needs: ['key', 'Key', 'secret', 'Secret'],
    pattern: /\b(?:jwt|signing)\b[^\n]{0,100}?["'\s]?(?:key|secret)["']?\s?[:=]\s?["']([^"'\s]{12,200})["']/dgi,
    accept: isPasswordText,
    masked: ['"Jwt": { "Issuer": "tool", "Key": "‹this-is-our-signing-phrase-4-real›" }'],
    left: ['"Jwt": { "Issuer": "tool", "Key": "<key of the tool>" }'],
  },
];
