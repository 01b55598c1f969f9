/** A problem document of the hub (RFC 9457), thrown by every call that was not carried out. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: ReadonlyMap<string, string>;

  constructor(status: number, code: string, sentence: string, fields: Iterable<readonly [string, string]> = []) {
    super(sentence);
    this.name = "Problem";
    this.status = status;
    this.code = code;
    this.fields = new Map(fields);
  }

  /** What is wrong with a field; a field of a part ("terms.window") answers for what lies in it. */
  field(name: string): string | undefined {
    const exact = this.fields.get(name);
    if (exact) return exact;
    for (const [field, sentence] of this.fields) {
      if (field.startsWith(`${name}.`) || field.endsWith(`.${name}`)) return sentence;
    }
    return undefined;
  }
}

const UNREACHABLE = "The hub does not answer. Check the network; nothing you typed is lost.";

export function sentenceOf(problem: unknown): string {
  if (problem instanceof Problem) return problem.message;
  if (problem instanceof TypeError) return UNREACHABLE;
  return problem instanceof Error ? problem.message : "Something went wrong. Load the page again.";
}

/** Whether the hub was not reached at all, so that sending again later is the right thing. */
export function isUnreachable(problem: unknown): boolean {
  return problem instanceof TypeError || (problem instanceof Problem && problem.status >= 502);
}

/** A field as people say it: "Expected footfall" for `application.expected_footfall`, "Cameras 2" for `cameras.1`. */
export function fieldWords(field: string): string {
  const parts = field.split(".");
  const place = Number(parts.at(-1));
  const name = parts.findLast((part) => Number.isNaN(Number(part))) ?? field;
  const words = `${name.charAt(0).toUpperCase()}${name.slice(1).replaceAll("_", " ")}`;
  return Number.isNaN(place) ? words : `${words} ${place + 1}`;
}

interface Document {
  code?: unknown;
  detail?: unknown;
  problems?: unknown;
}

export async function problemOf(response: Response): Promise<Problem> {
  let document: Document = {};
  try {
    document = (await response.json()) as Document;
  } catch {
    // A proxy's own page: its status says enough.
  }
  const fields: { field: string; sentence: string }[] = Array.isArray(document.problems) ? document.problems : [];
  const sentence =
    typeof document.detail === "string" ? document.detail : `The hub answered with status ${response.status}.`;
  return new Problem(
    response.status,
    typeof document.code === "string" ? document.code : "unknown",
    fields.reduce((said, { field }) => said.replace(` ${field}: `, ` ${fieldWords(field)}: `), sentence),
    fields.map((each) => [each.field, each.sentence] as const),
  );
}
