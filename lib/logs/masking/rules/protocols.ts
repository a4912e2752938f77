import { isArgument, isRandom, isStrong } from './judge.ts';
import type { SecretRule } from './secret-rule.ts';
import { sample } from './secret-rule.ts';
import { isWords } from './words.ts';

/** Says whether base64 holds a user's name and a password after zero bytes, as SMTP's AUTH PLAIN has them. */
const isPlainAuth = (secret: string): boolean =>
  /^[^\0]{0,200}\0[^\0]{1,200}\0[^\0]{1,200}$/.test(Buffer.from(secret, 'base64').toString('latin1'));

/** Rules for lines of protocols in which a client signs in. */
export const protocols: readonly SecretRule[] = [
  {
    name: 'PASS of FTP, POP3 or IRC',
    keywords: ['> pass', '] pass', ') pass', 'c: pass', 'send: pass', 'sending pass', 'sending: pass'],
    pattern: /^(?:.{0,60}[>\])]\s{1,3}|C:\s|.{0,60}\bSend(?:ing)?:?\s)PASS\s([^\s"']{4,})\s*$/dg,
    accept: isArgument,
    masked: ['> PASS ‹Tr0ub4dor-9›', '[12:01] ---> PASS ‹sunshine›'],
    left: ['PASS src/auth.test.ts', '> PASS src/auth/token.test.ts', '[detector] pass: a'],
  },
  {
    name: 'token of PASS of IRC',
    keywords: ['oauth:'],
    pattern: /PASS\s(?:oauth:)?([a-z0-9]{20,})/dg,
    accept: isRandom,
    masked: [`PASS oauth:‹${sample(30).toLowerCase()}›`],
    left: ['PASS oauth: sign in'],
  },
  {
    name: 'LOGIN of IMAP',
    keywords: [' login '],
    pattern: /(?<![\w.-])[A-Za-z]{0,4}\d{1,6}\sLOGIN\s(?:"[^"]{1,100}"|[^\s"]{1,100})\s(?:"([^"]+)|([^\s"]+))/dg,
    accept: isArgument,
    masked: ['A001 LOGIN tool ‹Tr0ub4dor-9›', 'a2 LOGIN "tool@example.org" "‹sunshine›"'],
    left: ['A001 OK LOGIN completed', 'v2 LOGIN required'],
  },
  {
    name: 'AUTH PLAIN of SMTP',
    keywords: ['plain'],
    pattern: /(?<![\w-])PLAIN\s{1,2}([A-Za-z0-9+/]{8,}={0,2})/dg,
    accept: isPlainAuth,
    masked: [`AUTH PLAIN ‹${Buffer.from('\0tool\0Tr0ub4dor-9').toString('base64')}›`],
    left: ['250-AUTH PLAIN LOGIN', 'AUTH PLAIN CRAMMD5SHA256'],
  },
  {
    name: 'AUTH of Redis',
    keywords: ['auth '],
    needs: ['AUTH'],
    pattern: /^(?:.{0,60}[>\])"]\s{0,3})?"?AUTH"?\s(?:"?[\w.-]{1,40}"?\s)?"?([^\s"]{5,})"?\s*$/dg,
    accept: (secret) =>
      isStrong(secret) || isWords(secret) || (isRandom(secret) && isArgument(secret) && !/[-/]/.test(secret)),
    masked: ['AUTH ‹Tr0ub4dor_9›', 'AUTH ‹Maple&Thunder›', '127.0.0.1:6379> AUTH tool ‹sunshine42›'],
    left: ['AUTH required', 'AUTH PLAIN LOGIN', 'AUTH failed 3 times'],
  },
  {
    name: 'password that Redis shows',
    keywords: ['requirepass', 'masterauth'],
    pattern: /(?:requirepass|masterauth)"\s{1,4}\d\)\s"([^"\n]{3,})/dg,
    accept: isArgument,
    masked: ['1) "requirepass"\n2) "‹sunshine›"'],
    left: ['1) "requirepass"\n2) ""'],
  },
  {
    name: 'password in ACL of Redis',
    keywords: ['setuser'],
    pattern: /SETUSER\s\S{1,60}\s[^\n]{0,120}?(?<=\s)[>#]([^\s"']{4,})/dgi,
    accept: isArgument,
    masked: ['ACL SETUSER tool on >‹Tr0ub4dor-9› ~* +@all'],
    left: ['ACL SETUSER tool on nopass', 'ACL SETUSER tool on >$PASSWORD'],
  },
  {
    name: 'IDENTIFY of IRC',
    keywords: ['nickser'],
    pattern: /(?:nickserv)[\s:]{1,4}(?:identify|register|ghost)\s(?:[\w-]{1,30}\s)?([^\s"']{4,})\s*$/dgi,
    accept: isArgument,
    masked: ['PRIVMSG NickServ :IDENTIFY ‹Tr0ub4dor-9›', 'NickServ IDENTIFY tool ‹sunshine›'],
    left: ['NickServ IDENTIFY $PASSWORD', 'NickServ: identify yourself'],
  },
  {
    name: 'key of an encrypted database',
    keywords: ['pragma key', 'pragma rekey', 'pragma hexkey'],
    pattern: /pragma\s(?:re|hex)?key\s{0,3}=\s{0,3}["'](?:x')?([^"']{4,})/dgi,
    accept: isArgument,
    masked: ["PRAGMA key = '‹Tr0ub4dor-9›';"],
    left: ["PRAGMA key = '$KEY'"],
  },
];
