import { expect, test } from '@jest/globals';
import { type Composites, extendOrder, type Member, type Order } from '../../../../scripts/builder/order.ts';

const additions = {
  apt: { id: 'fagiani/apt', version: '1.0.0' },
  procfile: { id: 'toolforge/procfile', version: '0.1.0' },
};
const none: Composites = new Map();

/** Reads an order as the tests write it: one group a line, `id@version` for each member, `?` after an optional one. */
const orderOf = (...groups: string[]): Order =>
  groups.map((group) => ({
    group: group.split(' ').map((text): Member => {
      const {
        id = '',
        version,
        optional,
      } = /^(?<id>[^@?]+)(@(?<version>[^?]+))?(?<optional>\?)?$/.exec(text)?.groups ?? {};
      return { id, ...(version ? { version } : {}), ...(optional ? { optional: true } : {}) };
    }),
  }));

const textOf = (order: Order): string[] =>
  order.map(({ group }) =>
    group.map(({ id, version, optional }) => `${id}${version ? `@${version}` : ''}${optional ? '?' : ''}`).join(' '),
  );

const heroku = orderOf(
  'heroku/deb-packages@1? heroku/python@2 heroku/procfile@4?',
  'heroku/deb-packages@1? heroku/nodejs@5? heroku/jvm@7? heroku/ruby@12 heroku/procfile@4?',
  'heroku/deb-packages@1? heroku/php@1 heroku/procfile@4?',
  'heroku/deb-packages@1? heroku/nodejs@5 heroku/procfile@4?',
);

test('a builder like Heroku gets the Aptfile in each group, and Node.js in the groups of languages without it', () => {
  expect(textOf(extendOrder(heroku, none, additions))).toEqual([
    'fagiani/apt@1.0.0? heroku/deb-packages@1? heroku/nodejs@5? heroku/python@2 heroku/procfile@4?',
    'fagiani/apt@1.0.0? heroku/deb-packages@1? heroku/nodejs@5? heroku/jvm@7? heroku/ruby@12 heroku/procfile@4?',
    'fagiani/apt@1.0.0? heroku/deb-packages@1? heroku/nodejs@5? heroku/php@1 heroku/procfile@4?',
    'fagiani/apt@1.0.0? heroku/deb-packages@1? heroku/nodejs@5 heroku/procfile@4?',
  ]);
});

const paketo = orderOf('paketo/java', 'paketo/python', 'paketo/nodejs', 'paketo/git? paketo/go');
const composites: Composites = new Map([
  ['paketo/java', orderOf('paketo/jdk paketo/node-engine? paketo/maven paketo/procfile@5?')],
  ['paketo/python', orderOf('paketo/cpython paketo/pip', 'paketo/outer')],
  ['paketo/outer', orderOf('paketo/procfile@5?')],
  ['paketo/nodejs', orderOf('paketo/node-engine paketo/npm', 'paketo/nodejs')],
]);

test('what a composite buildpack contains counts as a part of the group, at any depth', () => {
  expect(textOf(extendOrder(paketo, composites, additions))).toEqual([
    'fagiani/apt@1.0.0? paketo/java',
    'fagiani/apt@1.0.0? paketo/nodejs? paketo/python',
    'fagiani/apt@1.0.0? paketo/nodejs paketo/procfile@5?',
    'fagiani/apt@1.0.0? paketo/nodejs? paketo/git? paketo/go paketo/procfile@5?',
  ]);
});

test.each([
  ['a builder without a Procfile', 'x/nodejs', ['fagiani/apt@1.0.0? x/nodejs toolforge/procfile@0.1.0?']],
  ['a builder without Node.js', 'x/go x/procfile?', ['fagiani/apt@1.0.0? x/go x/procfile?']],
  ['a builder with only an engine', 'x/node-engine?', ['fagiani/apt@1.0.0? x/node-engine? toolforge/procfile@0.1.0?']],
  [
    'a group without a required language',
    'x/nodejs? x/go?',
    ['fagiani/apt@1.0.0? x/nodejs? x/go? toolforge/procfile@0.1.0?'],
  ],
  ['a group of an older version', 'fagiani/apt@0.1? x/procfile', ['fagiani/apt@1.0.0? x/procfile']],
  ['a group with another buildpack for an Aptfile', 'x/apt? x/procfile', ['x/apt? x/procfile']],
  ['a check of processes at the end', 'x/go x/start', ['fagiani/apt@1.0.0? x/go toolforge/procfile@0.1.0? x/start']],
])('%s: the order %s becomes %j', (_, group, expected) => {
  expect(textOf(extendOrder(orderOf(group), none, additions))).toEqual(expected);
});

test.each([
  ['Heroku', heroku, none],
  ['Paketo', paketo, composites],
  ['no Procfile', orderOf('x/nodejs', 'x/go', 'x/static'), none],
  ['no group', [], none],
])('extending an extended order changes nothing: %s', (_, order, nested) => {
  const once = extendOrder(order, nested, additions);
  expect(extendOrder(once, nested, additions)).toEqual(once);
});

test('a composite buildpack that contains itself does not make the search endless', () => {
  const circle: Composites = new Map([
    ['x/a', orderOf('x/b')],
    ['x/b', orderOf('x/a')],
  ]);
  expect(textOf(extendOrder(orderOf('x/a'), circle, additions))).toEqual([
    'fagiani/apt@1.0.0? x/a toolforge/procfile@0.1.0?',
  ]);
});
