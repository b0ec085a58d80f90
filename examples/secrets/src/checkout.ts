/** Secrets are variables of the environment when the module is loaded, on Lambda as on ECS. */
const key = process.env.PAYMENT_KEY!;
const limit = Number(process.env.LIMIT);

export const handler = async (event: { amount: number }) => {
  if (event.amount > limit) throw new Error(`at most ${limit}`);
  return { paid: event.amount, keyLength: key.length };
};
