/** Defines how the event of a task is read from S3, and its result written there. */
export async function readObject(uri: string): Promise<Buffer> { throw new Error(uri); }
export async function writeObject(uri: string, _content: Buffer): Promise<void> { throw new Error(uri); }
