import { useMutation } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { Button } from "../ui/Button";
import { ProblemNotice } from "../ui/States";

/** A button for each file of a document; the hub makes it when it is asked for. */
export function FileButtons<F extends string>({
  files,
  get,
  isDisabled,
}: {
  files: readonly (readonly [F, string])[];
  get: (file: F) => Promise<void>;
  isDisabled?: boolean;
}) {
  const making = useMutation({ mutationFn: get });
  return (
    <div className="stack tight">
      <div className="row">
        {files.map(([file, title]) => (
          <Button key={file} isDisabled={making.isPending || isDisabled === true} onPress={() => making.mutate(file)}>
            <Download aria-hidden />
            {making.isPending && making.variables === file ? "Making it…" : title}
          </Button>
        ))}
      </div>
      {making.error && <ProblemNotice problem={making.error} />}
    </div>
  );
}

export const FIGURES = [
  ["pdf", "PDF"],
  ["html", "Page"],
  ["csv", "CSV"],
  ["json", "JSON"],
  ["signed", "All, signed"],
] as const;

export const PAGES = [
  ["pdf", "PDF"],
  ["html", "Page"],
  ["signed", "Both, signed"],
] as const;
