exports.handler = async () => ({ nodeVersion: process.version });
