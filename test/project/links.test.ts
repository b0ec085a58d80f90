/** Every relative link of the documentation leads to a file, or to a heading of one. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const root = join(__dirname, '../..');
const examples = readdirSync(join(root, 'examples')).filter(name => existsSync(join(root, 'examples', name, 'README.md')));
const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'layers/README.md',
  ...markdownIn('docs'),
  ...examples.map(name => `examples/${name}/README.md`),
];

function markdownIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap(entry => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? markdownIn(path) : entry.name.endsWith('.md') ? [path] : [];
  });
}

const prose = (page: string) => readFileSync(join(root, page), 'utf8').replace(/^```[^]*?^```/gm, '');

/** The anchors that GitHub gives headings: lower case, without punctuation, hyphens for spaces, numbered when they repeat. */
function anchors(page: string): Set<string> {
  const seen = new Map<string, number>();
  return new Set([...prose(page).matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, heading]) => {
    const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/`/g, '');
    const slug = text.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  }));
}

function brokenLinks(page: string): string[] {
  const links = [...prose(page).replace(/`[^`\n]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link);
  return links.filter(link => !/^[a-z]+:/.test(link)).filter(link => {
    const [path, anchor] = link.split('#');
    const target = path === '' ? join(root, page) : resolve(root, dirname(page), path);
    if (!existsSync(target) || relative(root, target).startsWith('..')) { return true; }
    return anchor !== undefined && !(statSync(target).isFile() && anchors(relative(root, target)).has(anchor));
  });
}

test.each(pages)('%s has no broken link', page => {
  expect(brokenLinks(page)).toEqual([]);
});

test('the README leads to each guide and names each example', () => {
  const readme = prose('README.md');
  const guides = markdownIn('docs').filter(page => !page.startsWith('docs/adr/'));
  expect(guides.filter(page => !readme.includes(`(${page}`))).toEqual([]);
  expect(examples.filter(name => !readme.includes(`(examples/${name})`))).toEqual([]);
});
