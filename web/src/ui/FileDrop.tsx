import { Upload } from "lucide-react";
import { DropZone, type FileDropItem, FileTrigger, Text } from "react-aria-components";
import { Button } from "./Button";

interface Props {
  label: string;
  hint?: string;
  accept: readonly string[];
  multiple?: boolean;
  onFiles: (files: File[]) => void;
}

/** A place to drop files on, with a button that does the same for the keyboard. */
export function FileDrop({ label, hint, accept, multiple, onFiles }: Props) {
  return (
    <DropZone
      className="drop"
      onDrop={async (event) => {
        const dropped = event.items.filter((item): item is FileDropItem => item.kind === "file");
        const files = await Promise.all(dropped.map((item) => item.getFile()));
        if (files.length) onFiles(multiple ? files : files.slice(0, 1));
      }}
    >
      <Upload aria-hidden />
      <Text slot="label">{label}</Text>
      {hint && <span className="soft small">{hint}</span>}
      <FileTrigger
        acceptedFileTypes={[...accept]}
        allowsMultiple={multiple ?? false}
        onSelect={(list) => list?.length && onFiles([...list])}
      >
        <Button>{multiple ? "Choose files" : "Choose a file"}</Button>
      </FileTrigger>
    </DropZone>
  );
}
