export const handler = async (event: { tables: string[]; scheduled: string }) => {
  for (const table of event.tables) console.log(`reporting on ${table}`);
  return { reported: event.tables.length, scheduled: event.scheduled };
};
