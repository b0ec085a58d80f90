/** Writes the Dockerfile of a handler's image: the target `image` of layers/nodejs/Dockerfile, with what extends it. */
import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { RuntimeExtension } from '../../model/handler-runtime';
import { problem } from '../errors';
import { LAYERS_DIRECTORY, NODEJS_DOCKERFILE } from '../layer/layer-assets';

const START = 'FROM ${BASE_IMAGE} AS image\n';
const DEFAULT_BASE_IMAGE = /^ARG BASE_IMAGE=(.*)$/m;
const DEFAULT_CODE = /^ARG CODE=.*$/m;
const EXTENSIONS = /^# Instructions of an extended runtime.*$/m;
const DEFAULT_HANDLER = /^CMD .*$/m;

export interface ImageDockerfile {
  /** First to last. */
  readonly extensions: RuntimeExtension[];
  /** The handler that runs when nobody says otherwise. */
  readonly handler?: string;
  /** The folder of the build context that has the code. */
  readonly codeFolder: string;
}

export function imageDockerfile(scope: IConstruct, { extensions, handler, codeFolder }: ImageDockerfile): string {
  const whole = readFileSync(join(LAYERS_DIRECTORY, NODEJS_DOCKERFILE), 'utf8');
  const baseImage = extensions.map(extension => extension.baseImage).filter(given => given !== undefined).pop() ?? DEFAULT_BASE_IMAGE.exec(whole)![1];
  if (Token.isUnresolved(baseImage) || !/^[^\s$#]+$/.test(baseImage)) {
    throw problem(scope, 'IMAGE_BASE', { property: 'runtime', given: baseImage, accepted: 'a runtime whose baseImage is the name of an image, known at synth' });
  }
  const image = whole.slice(whole.indexOf(START) + START.length)
    .replace(DEFAULT_CODE, `ARG CODE=${codeFolder}`)
    .replace(EXTENSIONS, () => extensions.map(extension => instructions(scope, extension)).join(''))
    .replace(DEFAULT_HANDLER, line => handler === undefined ? line : `CMD ${JSON.stringify([handler])}`);
  return `FROM ${baseImage}\n${image}`;
}

/** The instructions of one extension; the next one begins as root again. */
function instructions(scope: IConstruct, { file, instructions: given = [] }: RuntimeExtension): string {
  const text = [...file === undefined ? [] : [fileText(scope, file)], ...given].map(part => `${part.trimEnd()}\n`).join('');
  if (Token.isUnresolved(text)) {
    throw problem(scope, 'IMAGE_INSTRUCTIONS', { property: 'runtime', given: 'instructions that are known at deployment only', accepted: 'a runtime whose instructions are known at synth' });
  }
  const from = instructionLines(text).find(line => /^\s*FROM\s/i.test(line));
  if (from) {
    throw problem(scope, 'IMAGE_INSTRUCTIONS', { property: 'runtime', given: from.trim(), accepted: 'a runtime whose instructions have no FROM of their own' });
  }
  return text && `${text}USER 0\n`;
}

function fileText(scope: IConstruct, file: string): string {
  if (!statSync(resolve(file), { throwIfNoEntry: false })?.isFile()) {
    throw problem(scope, 'CONTAINER_CONTEXT', { property: 'runtime', given: file, accepted: `a runtime whose file of instructions exists (looked for ${resolve(file)})` });
  }
  return readFileSync(resolve(file), 'utf8').replace(/\r\n/g, '\n');
}

/** The lines that begin an instruction: neither continued ones nor the text of a here-document. */
function instructionLines(text: string): string[] {
  const starts: string[] = [];
  const delimiters: string[] = [];
  let continued = false;
  for (const line of text.split('\n')) {
    if (delimiters.length > 0) {
      if (line.replace(/^\t+/, '') === delimiters[0]) { delimiters.shift(); }
      continue;
    }
    if (/^\s*(#|$)/.test(line)) { continue; }
    if (!continued) { starts.push(line); }
    continued = /\\\s*$/.test(line);
    delimiters.push(...[...line.matchAll(/<<-?(["']?)(\w+)\1/g)].map(match => match[2]));
  }
  return starts;
}
