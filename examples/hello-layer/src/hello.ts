import type { Context } from 'aws-lambda';

/** The proof that our own engine runs the handler. */
export const handler = async (_event: unknown, _context: Context) => ({ statusCode: 200, nodeVersion: process.version });
