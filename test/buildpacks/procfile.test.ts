import { expect, test } from '@jest/globals';
import { useAppBuilds } from '../support/app-builds.ts';
import { serving } from '../support/python-project.ts';

const { build, start, builtTwice } = useAppBuilds();
const app = { 'app.py': serving('sys.argv[1:]') };

test('the process of a Procfile whose line goes on in the next line gets its arguments, and the same commit gives the same image', async () => {
  const files = { ...app, Procfile: 'web: python app.py \\\n  one \\\n  "two three"\n' };
  expect((await builtTwice(files, 'continued')).page).toBe("['one', 'two three']");
});

test('arguments that are given to a process of a Procfile reach its command', async () => {
  const files = { ...app, Procfile: 'web: X=1 && python app.py own\n' };
  const { running } = await start(files, { args: ['given', '$HOME and more'] });
  expect(await running.page()).toBe("['own', 'given', '$HOME and more']");
});

test('a Procfile in UTF-16 is named', async () => {
  const { failure } = await build({ ...app, Procfile: Buffer.from('\ufeffweb: python app.py\r\n', 'utf16le') });
  expect(failure).toContain('The Procfile is UTF-16');
});
