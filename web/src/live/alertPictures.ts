import { useQuery } from "@tanstack/react-query";
import { api, body } from "../api/client";
import { problemOf } from "../api/problem";
import type { AlertView } from "./queries";

/** Addresses of the pictures of an alert, in the order in which it tells of them; those that are not here yet lack. */
export interface AlertPictures {
  probes: readonly string[];
  candidates: readonly string[];
  failed: boolean;
}

/**
 * All pictures of an alert, each asked for once, since each request is a look in the audit log. They are in memory as
 * long as the alert is on the screen, and under no key that events renew: a picture never changes.
 */
export function useAlertPictures(view: AlertView): AlertPictures {
  const { alert } = view.summary;
  const kept = { staleTime: Number.POSITIVE_INFINITY, gcTime: 0, retry: 1 };
  const first = useQuery({
    ...kept,
    queryKey: ["first pictures", alert],
    queryFn: () => Promise.all([firstPicture(alert, "probe"), firstPicture(alert, "candidate")]),
  });
  const further = useFurtherPictures(view);
  const [probe, candidate] = first.data ?? [];
  return {
    probes: probe ? [probe, ...further.probes] : [],
    candidates: candidate ? [candidate, ...further.candidates] : [],
    failed: first.isError,
  };
}

/** The other shots and reference pictures alone; they come together. */
export function useFurtherPictures({ summary, probes, candidates }: AlertView): Omit<AlertPictures, "failed"> {
  const { alert } = summary;
  const found = useQuery({
    queryKey: ["further pictures", alert, probes.length, candidates.length],
    queryFn: async () => {
      const answer = await api.GET("/api/v1/alerts/{alert}/further-pictures", { params: { path: { alert } } });
      const { probes, candidates } = body(answer);
      return { probes: probes.map(jpegAddress), candidates: candidates.map(jpegAddress) };
    },
    enabled: probes.length + candidates.length > 2,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  return found.data ?? { probes: [], candidates: [] };
}

function jpegAddress(base64: string): string {
  return `data:image/jpeg;base64,${base64}`;
}

async function firstPicture(alert: string, which: "probe" | "candidate"): Promise<string> {
  const answer = await fetch(`/api/v1/alerts/${alert}/pictures/${which}`, { credentials: "same-origin" });
  if (!answer.ok) throw await problemOf(answer);
  const content = await answer.blob();
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(content);
  });
}
