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
  const fields = Array.isArray(document.problems) ? document.problems : [];
  return new Problem(
    response.status,
    typeof document.code === "string" ? document.code : "unknown",
    typeof document.detail === "string" ? document.detail : `The hub answered with status ${response.status}.`,
    fields.map((each: { field: string; sentence: string }) => [each.field, each.sentence] as const),
  );
}
