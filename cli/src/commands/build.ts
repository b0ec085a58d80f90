/** Defines `build`: the images of the app, built by the container engine; their names on the standard output. */
import type { Assembly } from '../assembly';
import { containersOf } from '../containers/containers';
import { buildImage, imageOf, ownImages, type ImageUser } from '../containers/images';
import { CliError, tell } from '../errors';
import { functionsOf } from '../functions';
import { findNamed, type Named } from '../names';
import type { Options } from '../options';

export async function build(assembly: Assembly, options: Options): Promise<number> {
  const functions = functionsOf(assembly);
  const users = [...functions.map((of) => ({ ...of, image: imageOf(of.properties.Code?.ImageUri, of.stack) })), ...containersOf(assembly)];
  const all: Candidate[] = [...users, ...ownImages(assembly, users)];
  const wanted = options.all ? all.flatMap((each) => withImage(each)) : [chosen(findNamed(all, options.args[0]))];
  if (wanted.length === 0) tell(`there is no image to build in ${assembly.directory}`);
  const built = new Set<string>();
  for (const user of wanted) {
    const name = await buildImage(user, options.tag);
    // Several can have the same image.
    if (!built.has(name)) process.stdout.write(`${name}\n`);
    built.add(name);
  }
  return 0;
}

type Candidate = Named & Omit<ImageUser, 'image'> & Partial<Pick<ImageUser, 'image'>> & { readonly runtime?: string };

function withImage({ name, architecture, image }: Candidate): ImageUser[] {
  return image ? [{ name, architecture, image }] : [];
}

function chosen(candidate: Candidate): ImageUser {
  const [user] = withImage(candidate);
  if (user) return user;
  if (candidate.runtime !== undefined) throw new CliError('NO_IMAGE', `${candidate.name} has the runtime ${candidate.runtime} and no image`);
  throw new CliError('CONTAINER_IMAGE', `the image of ${candidate.name} is no asset of this assembly`);
}
