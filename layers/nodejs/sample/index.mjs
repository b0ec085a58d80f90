/** What the image answers with that is built by hand, without code of its own. */
export const handler = async (event) => ({ statusCode: 200, nodeVersion: process.version, event });
