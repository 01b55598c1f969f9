import { useQuery } from "@tanstack/react-query";
import type { Option } from "../ui/Field";
import { api, body, type Schemas } from "./client";

export type Vocabulary = Schemas["Vocabulary"];
export type ListName = keyof Vocabulary["lists"];

/** The words and limits of the rules; they change only with the hub's version. */
export function useVocabulary() {
  return useQuery({
    queryKey: ["vocabulary"],
    queryFn: async () => body(await api.GET("/api/v1/vocabulary")),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** A closed list as choices of a form; empty until the vocabulary is here. */
export function choices(vocabulary: Vocabulary | undefined, list: ListName): Option[] {
  return (vocabulary?.lists[list] ?? []).map((each) => ({ id: each.value, text: capital(each.value) }));
}

/** "go live", from `GO_LIVE`: the words of an act. */
export function actWords(vocabulary: Vocabulary | undefined, act: string): string {
  return vocabulary?.acts.find((each) => each.name === act)?.words ?? act.toLowerCase().replaceAll("_", " ");
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
