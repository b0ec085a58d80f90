import { randomUUID } from 'node:crypto';

/** The same on every compute: an event comes in, a result goes out. */
export const handler = async (event: { item?: string }) => ({ id: randomUUID(), table: process.env.TABLE, item: event.item ?? 'nothing' });
