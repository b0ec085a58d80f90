/** Answers requests, schedules and jobs alike: on every compute an event comes in and a result goes out. */
const limit = Number(process.env.LIMIT ?? 100);

export const handler = async (event: { total?: number; body?: string }) => {
  const { total = 0 } = event.body ? JSON.parse(event.body) as { total?: number } : event;
  return { accepted: total <= limit };
};
