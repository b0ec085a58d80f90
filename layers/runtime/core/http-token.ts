/** Defines the characters of a name in HTTP: of a header, or of a method. */
export const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
