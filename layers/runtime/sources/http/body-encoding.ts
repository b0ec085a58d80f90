/** Defines which bodies an event carries as text, and which as base64. */

/** What API Gateway and load balancers take for text; anything else, and a body without a type, is binary to them. */
const TEXT_TYPE = /^\s*(text\/|application\/(json|javascript|xml)\s*(;|$))/i;

export function isTextType(contentType: string | undefined): boolean {
  return contentType !== undefined && (contentType === 'application/json' || TEXT_TYPE.test(contentType));
}

/** How many bytes of a body may come when so many may stand in the event. */
export function bodyLimit(eventBytes: number, text: boolean): number {
  return text ? eventBytes : Math.floor(eventBytes / 4) * 3;
}
