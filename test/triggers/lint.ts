/** cfn-lint over templates of tests. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Template } from 'aws-cdk-lib/assertions';
import { workspace } from '../workspace';

/** What the linter says of the templates: nothing, when they are good. */
export function findingsOf(linter: string, templates: Template[]): string {
  const folder = workspace();
  const files = templates.map((template, index) => {
    const file = join(folder, `${index}.json`);
    writeFileSync(file, JSON.stringify(template.toJSON()));
    return file;
  });
  // W3005: the CDK itself says of each function that it comes after its role. W3010: it has made-up zones for an account that it was not told of.
  const { stdout, stderr } = spawnSync(linter, ['--regions', 'eu-west-1', '--ignore-checks', 'W3005', 'W3010', '--', ...files], { encoding: 'utf8' });
  return `${stdout}${stderr}`;
}
