import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { BlurredLook } from "./BlurredLook";

export interface Corner {
  x: number;
  y: number;
}

const rounded = (value: number) => Math.round(Math.min(1, Math.max(0, value)) * 1000) / 1000;

interface Props {
  camera: string;
  name: string;
  zone: readonly Corner[];
  onChange: (zone: Corner[]) => void;
}

/** The zone of recognition: a click on the picture adds a corner, and each corner can be typed as well. */
export function ZoneEditor({ camera, name, zone, onChange }: Props) {
  const points = zone.map((each) => `${each.x * 100},${each.y * 100}`).join(" ");
  const replace = (at: number, change: Partial<Corner>) =>
    onChange(zone.map((each, index) => (index === at ? { ...each, ...change } : each)));
  return (
    <div className="stack">
      <BlurredLook camera={camera} name={name}>
        <button
          type="button"
          className="zone-surface"
          aria-label="Add a corner of the zone where you click; or use the fields below"
          onClick={(event) => {
            // A key press on it has no place in the picture.
            if (event.detail === 0) return;
            const frame = event.currentTarget.getBoundingClientRect();
            const x = rounded((event.clientX - frame.left) / frame.width);
            const y = rounded((event.clientY - frame.top) / frame.height);
            onChange([...zone, { x, y }]);
          }}
        />
        <svg className="zone" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
          {zone.length > 1 && <polygon points={points} />}
        </svg>
      </BlurredLook>
      <p className="soft">
        Faces outside the zone are never analysed. Corners are parts of the picture: 0 is left or top, 1 right or
        bottom. Without corners the whole picture counts.
      </p>
      <div className="zone-corners">
        {zone.map((corner, at) => (
          // Corners have no name but their place.
          // biome-ignore lint/suspicious/noArrayIndexKey: the order is what they are
          <div className="row" key={at}>
            <TextField
              label={`Corner ${at + 1} across`}
              type="number"
              min={0}
              max={1}
              step={0.01}
              value={String(corner.x)}
              onChange={(x) => replace(at, { x: rounded(Number(x)) })}
            />
            <TextField
              label="down"
              type="number"
              min={0}
              max={1}
              step={0.01}
              value={String(corner.y)}
              onChange={(y) => replace(at, { y: rounded(Number(y)) })}
            />
          </div>
        ))}
      </div>
      <div className="row">
        <Button onPress={() => onChange([...zone, { x: 0.5, y: 0.5 }])}>Add a corner</Button>
        <Button isDisabled={!zone.length} onPress={() => onChange(zone.slice(0, -1))}>
          Take the last one back
        </Button>
        <Button isDisabled={!zone.length} onPress={() => onChange([])}>
          Whole picture
        </Button>
      </div>
    </div>
  );
}
