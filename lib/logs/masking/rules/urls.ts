// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the examples have placeholders such as ${TOKEN}
import { isBarePassword, isBareToken, isKeyLike, isLiteral, isPasswordText, isRandom } from './judge.ts';
import { nameKeywords } from './names.ts';
import { hexSample, type SecretRule, sample } from './secret-rule.ts';
import { uuidSample } from './token-rule.ts';
import { isWordsInField } from './words.ts';

const urlKeywords = ['://', ':\\/\\/', '%2f%2f'];

/** Says whether the value of a parameter can be a secret: it is no word in lower case. */
const isParameter = (secret: string): boolean => isPasswordText(secret) && !/^[a-z]{1,12}$/.test(secret);

const isUnreadPassword = (secret: string): boolean => isLiteral(secret) && !/^\d{1,6}$/.test(secret);

/** Rules for URLs and for other addresses with a user's name and password. */
export const urls: readonly SecretRule[] = [
  {
    name: 'password in a URL',
    keywords: urlKeywords,
    pattern: /:\\?\/\\?\/[^\s/?#:"'<>\\]{0,400}:([^\s/?#"'<>\\]+)@/dg,
    accept: isLiteral,
    masked: [
      'https://user:‹Tr0ub4dor-9›@example.org/',
      'redis://:‹p@ss›@cache:6379/0',
      'https:\\/\\/u:‹Tr0ub4dor-9›@h',
    ],
    left: ['https://user:$PASSWORD@example.org/', 'https://example.org:8080/@scope/x', 'https://user@example.org/'],
  },
  {
    name: 'password with /, # or ? in the URL of a database',
    keywords: urlKeywords,
    pattern:
      /(?:postgres(?:ql)?|mysql|mariadb|mongodb|redis|rediss|amqps?|mssql|sqlserver)(?:\+\w{1,20})?:\/\/[^\s/?#:@"'<>]{0,100}:(?!\d{1,5}(?:\/|$))([^\s"'<>@]{1,200})@/dgi,
    accept: isLiteral,
    masked: ['postgres://tool:‹p#a/s?s9w›@db/app'],
    left: ['postgresql://localhost:5432/tool', 'mysql://tool@tools.db.example/s1__p'],
  },
  {
    name: 'password with # or ? in a URL',
    keywords: urlKeywords,
    needs: ['@'],
    pattern: /:\/\/[^\s/?#:@"'<>]{0,100}:(?!\d{1,5}(?:[/?#]|$))([^\s/"'<>@]{1,200})@/dg,
    accept: isLiteral,
    masked: ['socks5://tool:‹p#a?s9w›@proxy.example.org:1080'],
    left: ['http://localhost:3000?next=a@b', 'http://localhost:3000#a@b'],
  },
  {
    name: 'token in the place of the user in a URL',
    keywords: urlKeywords,
    pattern: /:\/\/([^\s/?#@:"'<>\\]{20,})(?::[^\s/?#@"'<>\\]{0,100})?@/dg,
    accept: isRandom,
    masked: [`https://‹${sample(40)}›@github.com/o/r`, `https://‹${sample(40)}›:x-oauth-basic@github.com/o/r`],
    left: ['https://continuous-integration@example.org/r.git'],
  },
  {
    name: 'password in an encoded URL',
    keywords: urlKeywords,
    pattern: /%3a%2f%2f[^\s%:@/]{0,100}(?:%3a|:)([^\s&%/@]+)(?:%40|@)/dgi,
    accept: isLiteral,
    masked: ['https%3A%2F%2Ftool%3A‹Tr0ub4dor-9›%40example.org'],
    left: ['https%3A%2F%2Fexample.org%3A8080%2Fpath'],
  },
  {
    name: 'secret in the query or fragment of a URL',
    keywords: nameKeywords,
    needs: ['?', '&', '#', ';'],
    after: 'secret',
    pattern: /(?<=[?&#;][\w.-]{1,60})(?:=|%3d)([^\s&"'<>#\\]{5,})/diy,
    accept: isParameter,
    masked: [
      `https://example.org/api?access_token=‹${sample(32)}›&page=2`,
      `https://example.org/cb#access_token=‹${sample(32)}›`,
    ],
    left: ['https://example.org/?token_type=bearer', 'https://example.org/?token=yes'],
  },
  {
    name: 'signature or code in the query of a URL',
    keywords: ['sig=', 'signature', 'auth=', 'credential', 'jwt=', 'code=', 'security-token'],
    needs: ['?', '&', '#', ';'],
    pattern:
      /[?&#;](?:(?:temp_url_)?sig|signature|auth|jwt|code|x-(?:amz|goog)-(?:signature|credential|security-token))(?:=|%3d)([^\s&"'<>#\\]{5,})/dgi,
    accept: isParameter,
    masked: [`https://st.blob.core.windows.net/c?sv=2024&sig=‹${sample(43)}%3D›`],
    left: ['https://example.org/authorize?response_type=code&code=yes'],
  },
  {
    name: 'key in the query of a URL',
    keywords: [
      '?key=',
      '&key=',
      'sid=',
      '?k=',
      'appid=',
      'app_key=',
      'appkey=',
      'license=',
      'ticket=',
      'code_verifier=',
    ],
    pattern: /[?&](?:key|sid|k|appid|app_?key|license|ticket|code_verifier)=([\w.~%+-]{20,})/dgi,
    accept: (secret, after) => isBareToken(secret, after),
    masked: [`https://example.org/?key=‹${sample(32)}›&page=2`],
    left: ['https://example.org/?key=page-of-the-list-number-2'],
  },
  {
    name: 'token in the path of a link',
    keywords: [
      '/reset',
      '/invit',
      '/confirm',
      '/verif',
      '/activat',
      '/magic',
      '/private-',
      '/password/',
      '/unsubscribe',
    ],
    pattern:
      /\/(?:reset|reset-password|reset_password|password-reset|password|invit\w{1,6}|confirm\w{0,6}|verif\w{1,8}|activat\w{1,3}|magic(?:-link)?|unsubscribe|private)[/-](?:[\w-]{1,20}\/){0,3}?([\w-]{20,})(?![\w.])/dgi,
    accept: (secret) => isKeyLike(secret) || /^[0-9a-f]{32,}$/.test(secret),
    masked: [`https://example.org/reset-password/‹${sample(40)}›`, `/ical/x/private-‹${hexSample(32)}›/basic.ics`],
    left: ['https://example.org/password/reset', 'https://example.org/verify/the-address-of-a-new-user'],
  },
  {
    name: 'password in a data source name',
    keywords: ['@tcp(', '@unix('],
    pattern: /(?<![\w.$-])[\w.$-]{1,64}:([^\s"'/]{1,128})@(?:tcp|unix)\(/dg,
    accept: isLiteral,
    masked: ['tool:‹Tr0ub4dor-9›@tcp(db:3306)/app'],
    left: ['tool@tcp(db:3306)/app', 'tool:$PASSWORD@tcp(db:3306)/app'],
  },
  {
    name: 'password in an address of Oracle',
    keywords: ['jdbc:oracle', 'sqlplus'],
    pattern:
      /(?:jdbc:oracle:\w{1,10}:|sqlplus\s{1,4}(?:-\w{1,10}\s{1,4}){0,4})[^\s/@"']{1,64}\/"?([^\s@"']{1,256})"?@/dgi,
    accept: isLiteral,
    masked: ['jdbc:oracle:thin:scott/‹Tr0ub4dor-9›@db:1521:orcl', 'sqlplus system/"‹Maple_Lake›"@//db'],
    left: ['jdbc:oracle:thin:@db:1521/orcl'],
  },
  {
    name: 'token of a Telegram bot',
    keywords: [':aa', 'telegram'],
    pattern: /(?<![0-9])\d{8,10}:AA[A-Za-z0-9_-]{32,40}/dg,
    masked: [`https://api.telegram.org/bot‹123456789:AA${sample(33)}›/sendMessage`],
    left: ['12:AA:BB:CC:DD:EE:FF'],
  },
  {
    name: 'webhook of Discord',
    keywords: ['/webhooks/'],
    pattern: /discord(?:app)?\.com\/api\/(?:v\d{1,2}\/)?webhooks\/\d{1,20}\/([\w-]{20,})/dgi,
    masked: [`https://discord.com/api/webhooks/123456789012345678/‹${sample(68)}›`],
    left: ['https://discord.com/api/webhooks/123456789012345678'],
  },
  {
    name: 'webhook of Slack',
    keywords: ['hooks.slack'],
    pattern: /hooks\.slack\.com\/(?:services|workflows|triggers)\/([A-Za-z0-9/_-]{20,})/dg,
    masked: [`https://hooks.slack.com/services/‹T0/B0/${sample(24)}›`],
    left: ['https://hooks.slack.com/services/'],
  },
  {
    name: 'webhook of Microsoft Teams',
    keywords: ['/incomingwebhook/'],
    pattern: /\/IncomingWebhook\/([0-9a-f]{32}\/[0-9a-f-]{36})/dgi,
    masked: [`https://x.webhook.office.com/webhookb2/a@b/IncomingWebhook/‹${hexSample(32)}/${hexSample(36)}›`],
    left: ['https://x.webhook.office.com/webhookb2/a@b/IncomingWebhook/'],
  },
  {
    name: 'user and password before a host',
    keywords: ['proxy', 'user', 'credential', 'login', 'auth'],
    needs: ['@'],
    pattern: /(?<![\w.$/@:-])[\w.$-]{2,64}:([^\s@"'/:]{6,64})@(?=[\w-]{1,63}\.[\w.-]{2,100}(?:[:/]|$|\s))/dg,
    accept: (secret) => (isRandom(secret) || isWordsInField(secret)) && isBarePassword(secret, ''),
    masked: ['proxy: tool:‹Tr0ub4dor-9›@proxy.example.org:3128'],
    left: ['user: git@github.com:o/r.git', 'login: mailto:me@example.org'],
  },
  {
    name: 'token in the path of a hook',
    keywords: ['/hooks/'],
    pattern: /:\/\/[\w.:-]{1,100}\/hooks\/([a-z0-9]{26}|(?=[\w-]{0,80}\d)[\w-]{32,80})(?![\w-])/dg,
    accept: isRandom,
    masked: [`https://chat.example.org/hooks/‹${sample(26).toLowerCase()}›`],
    left: ['https://example.org/hooks/after-the-build'],
  },
  {
    name: 'code of an authorization by Google',
    keywords: ['code=4'],
    pattern: /\bcode=(4(?:\/|%2F)0A[\w-]{20,})/dgi,
    masked: [`code=‹4/0A${sample(40)}›&state=x`],
    left: ['code=404'],
  },
  {
    name: 'token in the path of a channel of packages',
    keywords: ['/t/'],
    pattern: /:\/\/[\w.-]{1,100}(?::\d{1,5})?\/t\/([a-z]{2}-[0-9a-f-]{36}|(?=[\w-]{0,80}\d)[\w-]{24,80})\//dg,
    masked: [`https://conda.example.org/t/‹ac-${uuidSample}›/acme/noarch`],
    left: ['https://example.org/t/a-topic-of-the-forum/12'],
  },
  {
    name: 'password in a URL that could not be read',
    keywords: ['alid por', 'host name "', 'parse "', 'parse `', 'parseerr', 'urlerr', 'invalid url'],
    needs: ['@', 'after host', 'invalid port'],
    pattern:
      /(?:\w:\/\/[\w.-]{1,40}:([^\s"'@/]{3,100})": invalid port|invalid port ":([^"\n]{3,100})" after host|host name "([^"\s]{1,100})@[\w.-]{1,100}"|\w{3,12}:?\/\/[\w.-]{1,40}:\s{0,2}([^\s"'@/]{3,100})@[\w.-]{2,})/dg,
    accept: isUnreadPassword,
    masked: [
      'invalid port ":‹mypass12Kiwi›" after host',
      'parse "postgres://tool:‹mypass12Kiwi›": invalid port',
      'could not translate host name "‹ss@w0rd›@db" to address',
      'parse "postgres://tool: ‹Maple_5›@db.example.org/app"',
      'ParseError("postgres//tool:‹wander!Q4›@db/app")',
    ],
    left: ['invalid port ":70000" after host', 'host name "db.example.org" to address'],
  },
];
