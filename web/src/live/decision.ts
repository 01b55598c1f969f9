import { choices, type Vocabulary } from "../api/vocabulary";
import type { Summary } from "./queue";

export type Judgement = Summary["adjudications"][number]["judgement"];
export type Reason = Summary["adjudications"][number]["reasons"][number];

/** The judgements with their keys and the words in which a person would say them. */
export const JUDGEMENTS: readonly { key: string; judgement: Judgement; words: string; means: string }[] = [
  { key: "1", judgement: "engage", words: "Same person", means: "An officer is asked to approach" },
  { key: "2", judgement: "no match", words: "Different person", means: "Closes: nobody is approached" },
  { key: "3", judgement: "cannot tell", words: "Cannot tell", means: "Nobody is approached on this" },
  { key: "4", judgement: "possible", words: "Possibly the same", means: "Nobody is approached yet" },
];

/** A judgement in the words in which a person would say it. */
export function judgementWords(judgement: Judgement): string {
  return (JUDGEMENTS.find((each) => each.judgement === judgement)?.words ?? judgement).toLowerCase();
}

/** Letters that choose reasons: those that are a command of the whole screen are left out. */
const LETTERS = [..."abcdfghijklnoqrstuvwxyz"];

export interface ReasonChoice {
  id: Reason;
  letter: string;
  words: string;
}

/** The reasons of the rules, with a letter each and without the factor before the colon, which they say themselves. */
export function reasonChoices(vocabulary: Vocabulary | undefined): ReasonChoice[] {
  return choices(vocabulary, "adjudication_reasons").map(({ id }, place) => {
    const [, words = id] = id.split(": ");
    return { id: id as Reason, letter: LETTERS[place] ?? "", words };
  });
}

export function toggled<T>(chosen: readonly T[], each: T): T[] {
  return chosen.includes(each) ? chosen.filter((other) => other !== each) : [...chosen, each];
}
