import { ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { atScale, type Face } from "./scale";

interface Props {
  label: string;
  addresses: readonly string[];
  pictures: readonly { face: Face; words: string }[];
  chosen: number;
  onChoose: (number: number) => void;
}

/** Every picture of one person, small; the chosen one is shown large. Nothing where there is only one. */
export function Thumbnails({ label, addresses, pictures, chosen, onChoose }: Props) {
  if (pictures.length < 2) return null;
  return (
    <ToggleButtonGroup
      className="thumbnails"
      aria-label={label}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[chosen]}
      onSelectionChange={([picked]) => onChoose(Number(picked))}
    >
      {pictures.map(({ face, words }, number) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: pictures of an alert have their number, and never change.
        <ToggleButton key={number} id={number} className="thumbnail" aria-label={words} isDisabled={!addresses[number]}>
          {addresses[number] && <img src={addresses[number]} alt="" draggable={false} style={atScale(face, 1.2)} />}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}
