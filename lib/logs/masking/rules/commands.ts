// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the examples have placeholders such as ${TOKEN}
import { isArgument, isBareToken, isPasswordText } from './judge.ts';
import { argument, nameKeywords } from './names.ts';
import { option, pair } from './option-rule.ts';
import { type SecretRule, sample } from './secret-rule.ts';

/** Says whether the value of an option that is named like a secret is one. Help texts have words in its place. */
const isOptionValue = (secret: string): boolean =>
  isArgument(secret) && isPasswordText(secret) && !/^(?:[A-Z_]+\d?\]?$|id=)/.test(secret);

/** Rules for passwords and tokens that are options of commands. */
export const commands: readonly SecretRule[] = [
  {
    name: 'option that is named like a secret',
    keywords: nameKeywords,
    needs: ['-'],
    after: 'secret',
    pattern: new RegExp(`(?<=(?<![\\w.-])-{1,2}[\\w.-]{1,80})(?:=|\\s{1,4}(?:\\\\\\s{1,40})?)${argument}`, 'diy'),
    accept: isOptionValue,
    masked: [
      'docker login --password ‹Tr0ub4dor-9› registry',
      `tool --api-token ‹${sample(24)}› run`,
      "gpg --passphrase='‹Tr0ub4dor-9›' -c f",
      'keytool -storepass ‹Tr0ub4dor-9›',
    ],
    left: [
      '--password <value>',
      '--token string      Token to use',
      '[--password PASSWORD]',
      '--secret id=token,src=a',
      '--password-stdin registry.example',
      'gpg --passphrase-file /run/secrets/pass',
    ],
  },
  {
    name: 'option with a token',
    keywords: ['bearer', '--key', '--auth', '--pat', '--jwt', 'access-code'],
    pattern: new RegExp(`(?<![\\w-])--(?:oauth2-bearer|bearer|key|auth|pat|jwt|access-code)[ =]${argument}`, 'gd'),
    accept: isBareToken,
    masked: [`curl --oauth2-bearer ‹${sample(40)}› url`],
    left: ['--key src/key.pem', '--auth basic', '--key=node-modules-linux-v2'],
  },
  option({
    name: 'curl with user and password',
    commands: ['curl', 'ab', 'http', 'https', 'xh', 'wget2'],
    keywords: ['curl', 'http ', 'https ', 'xh '],
    option: '(?:-u|--user|--proxy-user|-U|-a|--auth|-A)[ =]?\\s{0,4}(?:\\\\\\s{1,40})?',
    value: pair,
    masked: ['curl -u tool:‹Tr0ub4dor-9› https://example.org/', "curl -X POST --user 'tool:‹Tr0ub4dor-9›' url"],
    left: [
      'curl -u "$USER:$PASSWORD" url',
      'curl -u user https://example.org/',
      'curl -A agent https://example.org:80/',
    ],
  }),
  option({
    name: 'curl with a cookie',
    commands: ['curl'],
    option: '(?:-b|--cookie)[ =]?\\s{0,4}',
    value: '(?:"([^"=]{1,80}=[^"]+)|\'([^\'=]{1,80}=[^\']+)|([^\\s"\'=]{1,80}=[^\\s"\']+))',
    masked: [`curl -b '‹session=${sample(32)}›' https://example.org`],
    left: ['curl -b cookies.txt https://example.org', 'curl -sSf url | sh -s -- -b /usr/local/bin'],
  }),
  option({
    name: 'mysql with a password',
    commands: ['mysql', 'mysqldump', 'mysqladmin', 'mysqlimport', 'mysqlcheck', 'mariadb', 'mariadb-dump', 'mycli'],
    keywords: ['mysql', 'mariadb', 'mycli'],
    option: '-p(?!\\s)',
    masked: ['mysql -h db -utool -p‹Tr0ub4dor-9› app', "mysqldump -p'‹Tr0ub4dor-9›' app"],
    left: ['mysql -u root -p app', 'mysql -P 3306 -h db', 'mysql -p"$PASSWORD"'],
  }),
  option({
    name: 'mysqladmin with a new password',
    commands: ['mysqladmin'],
    option: 'password\\s{1,4}',
    masked: ['mysqladmin -u root password ‹Tr0ub4dor-9›'],
    left: ['mysqladmin -u root password "$NEW"'],
  }),
  option({
    name: 'login with a password',
    commands: ['login'],
    option: '-p[ =]?',
    masked: ['docker login -u robot -p ‹Tr0ub4dor-9› registry.example', 'az login -p ‹Tr0ub4dor-9›'],
    left: ['docker login -u robot --password-stdin', 'docker login -p $PASSWORD'],
  }),
  option({
    name: 'client with the option -p',
    commands: [
      'sshpass',
      'twine',
      'poetry publish',
      'mongo\\w{0,8}',
      'cqlsh',
      'rabbitmqadmin',
      'docker-compose login',
      'cf',
      'psexec(?:64)?',
    ],
    keywords: ['psexec', 'sshpass', 'twine', 'poetry', 'mongo', 'cqlsh', 'rabbitmqadmin', 'cf '],
    option: '-p[ =]?',
    masked: ["sshpass -p'‹Tr0ub4dor-9›' ssh host", 'mongosh -u tool -p ‹Tr0ub4dor-9› db'],
    left: ['sshpass -p "$PASSWORD" ssh host', 'mongosh -u tool -p'],
  }),
  option({
    name: 'client with the option -a',
    commands: ['redis-cli', 'valkey-cli', 'keydb-cli'],
    option: '(?:-a|--pass)[ =]\\s{0,4}',
    masked: ['redis-cli -h cache -a ‹Tr0ub4dor-9› ping'],
    left: ['redis-cli -a $REDIS_PASSWORD ping'],
  }),
  option({
    name: 'client with the option -P',
    commands: ['sqlcmd', 'bcp', 'zip', 'unzip', 'mosquitto_pub', 'mosquitto_sub'],
    option: '-P[ =]?',
    masked: ['zip -r -P ‹Tr0ub4dor-9› out.zip dir', 'sqlcmd -S db -U sa -P ‹Tr0ub4dor-9›'],
    left: ['zip -r -P "$PASSWORD" out.zip dir'],
  }),
  option({
    name: 'archiver with a password',
    commands: ['7z', '7za', '7zz', 'rar', 'unrar'],
    option: '-h?p(?!\\s)',
    keywords: ['7z ', '7za', '7zz', 'rar '],
    masked: ['7z a -p‹Tr0ub4dor-9› out.7z dir'],
    left: ['7z a -p"$PASSWORD" out.7z dir'],
  }),
  option({
    name: 'openssl with a password',
    commands: ['openssl'],
    option: '(?:-pass(?:in|out)?|-password)\\s{1,4}["\']?pass:',
    masked: ['openssl rsa -passin pass:‹Tr0ub4dor-9› -in a', 'openssl enc -pass pass:‹Tr0ub4dor-9›'],
    left: ['openssl rsa -passin file:/run/secrets/p', 'openssl enc -pass pass:$PASSWORD'],
  }),
  option({
    name: 'openssl with the option -k',
    commands: ['openssl'],
    option: '-[kK]\\s{1,4}',
    masked: ['openssl enc -aes-256-cbc -k ‹Tr0ub4dor-9› -in a'],
    left: ['openssl enc -k "$KEY" -in a'],
  }),
  option({
    name: 'LDAP client with a password',
    commands: ['ldap\\w{1,10}'],
    keywords: ['ldap'],
    option: '-w\\s{0,4}',
    masked: ['ldapsearch -x -D cn=admin -w ‹Tr0ub4dor-9› -b dc=example'],
    left: ['ldapsearch -x -W -b dc=example', 'ldapsearch -w $PASSWORD'],
  }),
  option({
    name: 'SMB client with user and password',
    commands: ['smbclient', 'rpcclient', 'smbget', 'smbmap', 'net'],
    keywords: ['smbclient', 'rpcclient', 'smbget', 'smbmap', 'net '],
    option: '(?:-U|--user)[ =]?["\']?[^\\s%"\']{1,100}%',
    masked: ["smbclient //h/s -U 'tool%‹Tr0ub4dor-9›'"],
    left: ['smbclient //h/s -U tool%$PASSWORD'],
  }),
  option({
    name: 'credentials of a registry',
    commands: ['skopeo', 'podman', 'buildah', 'kubectl', 'oras', 'crane', 'ctr', 'nerdctl'],
    option: '(?:--(?:src-|dest-)?creds|--user|-u)[ =]',
    value: pair,
    masked: ['skopeo copy --dest-creds robot:‹Tr0ub4dor-9› oci:a docker://b'],
    left: ['skopeo copy --dest-creds "$CREDS" a b', 'podman run -u user image'],
  }),
  option({
    name: 'lftp with user and password',
    commands: ['lftp', 'ncftp\\w{0,4}'],
    keywords: ['lftp', 'ncftp'],
    option: '-u\\s{0,4}["\']?[^\\s,"\']{1,100},',
    masked: ['lftp -u tool,‹Tr0ub4dor-9› ftp.example.org'],
    left: ['lftp -u tool ftp.example.org'],
  }),
  option({
    name: 'ssh-keygen with a passphrase',
    commands: ['ssh-keygen'],
    option: '-[NP][ =]?',
    masked: ["ssh-keygen -t ed25519 -N '‹Tr0ub4dor-9›' -f key"],
    left: ['ssh-keygen -N "" -f key', 'ssh-keygen -P "$OLD"'],
  }),
];
