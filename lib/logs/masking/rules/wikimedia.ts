import { isArgument, isRandom } from './judge.ts';
import { hexSample, type SecretRule, sample } from './secret-rule.ts';

const botPassword = sample(32).toLowerCase();

/** Rules for the passwords and keys of Wikimedia's wikis and of Toolforge. */
export const wikimedia: readonly SecretRule[] = [
  {
    name: 'bot password after the name of the bot',
    keywords: ['bot@', '@bot', 'bot:', 'bot ', 'login', 'wiki', 'lgname', 'lgpassword', 'password', 'logging in'],
    needs: ['@', '%40'],
    pattern:
      /(?<![\w.])[^\s"'@:=&]{1,85}(?:@|%40)(?:[\w-]{1,32}(?::|%3a|["']?\s{0,4},\s{0,4}["']))?([a-z0-9]{32})(?![A-Za-z0-9])/dgi,
    accept: isRandom,
    masked: [`logging in as Magnus@uploader:‹${botPassword}›`, `password Magnus@‹${botPassword}›`],
    left: ['user tool@example.org', 'bot@0123456'],
  },
  {
    name: 'lgpassword',
    keywords: ['lgpassword', 'lgtoken', 'logintoken'],
    pattern: /(?:lgpassword|lgtoken|logintoken)["']?\s{0,4}[=:]\s{0,4}["']?([^\s"'&]{6,})/dgi,
    accept: isArgument,
    masked: [`lgname=A&lgpassword=‹${botPassword}›`],
    left: ['lgpassword=$PASSWORD'],
  },
  {
    name: 'BotPassword of Pywikibot',
    keywords: ['botpassword'],
    pattern: /BotPassword\(\s{0,4}["'][^"']{1,64}["']\s{0,4},\s{0,4}["']([^"']+)/dg,
    accept: isArgument,
    masked: [`('Magnus', BotPassword('uploader', '‹${botPassword}›'))`],
    left: ["BotPassword('suffix', '<password>')"],
  },
  {
    name: 'bot password in a tuple',
    keywords: ['botpassword', 'wikipedia', 'wikimedia', 'mediawiki', "'bot", 'usernames', 'password'],
    needs: [','],
    pattern: /["']\s?,\s?\(?["'][\w@-]{1,64}["']\s?,\s?["']([a-z0-9]{32})["']/dg,
    accept: isRandom,
    masked: [`('en', 'wikipedia', 'User', ('bot', '‹${botPassword}›'))`],
    left: ["('en', 'wikipedia', 'User', ('bot', 'password'))"],
  },
  {
    name: 'four keys of OAuth 1',
    keywords: ['oauth', 'authenticate', 'consumer', 'mwoauth'],
    pattern:
      /(?<![0-9a-f])([0-9a-f]{32}["']?[\s,]{1,40}["']?[0-9a-f]{40}["']?[\s,]{1,40}["']?[0-9a-f]{32}["']?[\s,]{1,40}["']?[0-9a-f]{40})(?![0-9a-f])/dgi,
    masked: [`OAuth1('‹${hexSample(32)}', '${hexSample(40)}', '${hexSample(32)}', '${hexSample(40)}›')`],
    left: [`oauth commit ${hexSample(40)} ${hexSample(40)}`],
  },
  {
    name: 'consumer token with its secret',
    keywords: ['consumertoken', 'accesstoken', 'oauth1', 'consumer'],
    pattern:
      /(?:Consumer|ConsumerToken|AccessToken|OAuth1(?:Session)?)\(\s{0,4}["']([0-9a-f]{32}["']\s{0,4},\s{0,4}["'][0-9a-f]{40})/dg,
    masked: [`ConsumerToken('‹${hexSample(32)}', '${hexSample(40)}›')`],
    left: ["ConsumerToken('key', 'secret')"],
  },
];
