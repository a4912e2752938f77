import { describe, expect, test } from '@jest/globals';
import { createTableColumns } from '../../../../../lib/logs/masking/table-columns.ts';
import { asMasked, asPrinted, maskLines } from './mask-lines.ts';
import { a } from './secrets.ts';

describe('a column that is named like a secret is masked', () => {
  test.each<[string, string[]]>([
    ['in CSV', ['user,password,host', 'tool,‹sunshine›,db', 'root,"‹it""s, long›",db', 'end of the list']],
    ['in CSV of AWS', ['Access key ID,Secret access key,Link', `x,‹${a(40, 1)}›,y`]],
    ['in CSV with semicolons', ['"user";"passwort"', '"tool";"‹Tr0ub4dor-9›"']],
    ['in TSV', ['user\tpassword\thost', 'tool\t‹Tr0ub4dor-9›\tdb']],
    [
      'in a table of psql',
      [' id | password', '----+-----------', '  1 | ‹sunshine›', '  2 | ‹Tr0ub4dor-9›', '(2 rows)'],
    ],
    ['in a table of mysql', ['+------+', '| user | password |', '+------+', '| tool | ‹sunshine› |', '+------+']],
    ['in a frame', ['│ name │ token │', '├──────┼───────┤', `│ db   │ ‹${a(32, 2)}› │`, '└──────┴───────┘']],
    ['in a table with gaps', ['NAME      PASSWORD      ROLE', 'tool      ‹Tr0ub4dor-9›   admin']],
    ['under a drawn line', ['AppId  Password  Tenant', '-----  --------  ------', `12     ‹${a(34, 3)}›  34`]],
    ['behind the prefix of BuildKit', ['#12 0.3 user,password', '#12 0.4 tool,‹sunshine›']],
  ])('%s', (_, lines) => expect(maskLines(lines.map(asPrinted))).toEqual(lines.map(asMasked)));
});

describe('other columns and other tables stay', () => {
  test.each([
    [['user,password', 'tool,none', 'root,']],
    [['name,type,required', 'password,string,true']],
    [['token,count', 'the,1234', 'and2,321']],
    [['| Field | Type | Secret |', '|-------|------|--------|', '| a | varchar(255) | no |']],
    [['NAME      SECRETS   AGE', 'default   0         12d']],
    [['test,pass,fail', 'a1b2c3d4,12,0', 'unit-tests2,passed1,1']],
    [['Checking password, token, secret', 'ok, fine, good']],
    [['user,password', 'a sentence without a comma', 'tool,Tr0ub4dor-9']],
  ])('%j', (lines) => expect(maskLines(lines)).toEqual(lines));
});

test('the state for a table ends with the first line that is no row, and after 4,096 rows', () => {
  const table = createTableColumns();
  const add = (text: string): boolean => {
    table.add(text, []);
    return table.isAtRest;
  };
  expect(['a line', 'user,password', '--,--', 'tool,sunshine', '', 'x'].map(add)).toEqual([
    true,
    false,
    false,
    false,
    true,
    true,
  ]);
  add('user,password');
  for (let row = 0; row < 4096; row += 1) expect(add('tool,sunshine')).toBe(false);
  expect(add('tool,sunshine')).toBe(true);
});
