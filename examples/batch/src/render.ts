export const handler = async (event: { frames: number }) => {
  for (let frame = 0; frame < event.frames; frame++) console.log(`frame ${frame}`);
  return { rendered: event.frames };
};
