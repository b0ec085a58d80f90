/** Defines how tests run a program of Node.js that reads JSON from its standard input. */
import { spawn } from 'node:child_process';

/** What it wrote, once it has ended without an error. */
export function runProgram(
  program: string, input: unknown, environment: Readonly<Record<string, string>>,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const child = spawn(process.execPath, ['-e', program], { env: { PATH: process.env.PATH, AWS_EC2_METADATA_DISABLED: 'true', ...environment } });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => { stdout += chunk; });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => { stderr += chunk; });
  child.stdin.end(JSON.stringify(input));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      if (status !== 0) reject(new Error(`the program ended with ${status}: ${stderr}`));
      else resolve({ stdout, stderr });
    });
  });
}
