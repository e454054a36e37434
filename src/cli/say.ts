/** Prints words for people: on stderr where stdout is for JSON alone. */
export type Say = (words: string) => void;

export const sayer =
  (json: boolean): Say =>
  (words) =>
    json ? console.error(words) : console.log(words);
