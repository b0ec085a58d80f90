/** Defines the folders of this machine that stand in for the file systems (EFS) of an app: empty at the start, shared by its containers, gone at the end. */
import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Container } from './containers';

const folders = new Map<string, string>();

export interface MountedFolder {
  /** Where the container sees it. */
  readonly containerPath: string;
  readonly folder: string;
  readonly readOnly: boolean;
}

/** The mount points of a container that are file systems. */
export function mountedFolders({ definition, volumes }: Container): MountedFolder[] {
  return (definition.MountPoints ?? []).flatMap(({ ContainerPath: containerPath, SourceVolume: source, ReadOnly: readOnly }: Record<string, any>) => {
    const volume = volumes.find(({ Name }) => Name === source);
    // ECS and Batch do not agree on capitals.
    const fileSystem = volume?.EFSVolumeConfiguration ?? volume?.EfsVolumeConfiguration;
    return fileSystem ? [{ containerPath, folder: folderFor(JSON.stringify(placeOf(fileSystem))), readOnly: readOnly === true }] : [];
  });
}

function placeOf({ FilesystemId, FileSystemId, RootDirectory, AuthorizationConfig }: Record<string, any>): unknown[] {
  return [FilesystemId ?? FileSystemId, RootDirectory, AuthorizationConfig?.AccessPointId];
}

function folderFor(place: string): string {
  const known = folders.get(place);
  if (known) return known;
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'cdk-hybrid-files-')));
  // Whatever the user of a container is.
  chmodSync(folder, 0o777);
  if (folders.size === 0) process.on('exit', removeAll);
  folders.set(place, folder);
  return folder;
}

function removeAll(): void {
  for (const folder of folders.values()) {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // An engine without privileges maps users: what theirs wrote is not ours to remove.
    }
  }
}
