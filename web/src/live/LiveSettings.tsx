import { useState } from "react";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Checkbox } from "../ui/Field";
import { isBlind, setBlind, setKeys } from "../ui/preferences";

const KEYS: readonly (readonly [string, string])[] = [
  ["↑ ↓", "Choose an alert"],
  ["Enter", "Look at it"],
  ["1", "Same person: engage"],
  ["2", "Different person"],
  ["3", "Cannot tell"],
  ["4", "Possibly the same"],
  ["A B C …", "Choose reasons, then Enter"],
  ["+ − 0", "Zoom both pictures, and back"],
  ["← →", "Other shots of the passer-by"],
  ["[ ]", "Other pictures of the person on the list"],
  ["Esc", "Back to the cameras"],
  ["P", "Pause at once"],
  ["⇧ E", "End the deployment (asks first)"],
  ["M", "Sound on or off"],
  ["?", "This list"],
];

interface Props {
  isOpen: boolean;
  onClose: () => void;
  keysOn: boolean;
  onKeys: (on: boolean) => void;
  muted: boolean;
  onMute: () => void;
}

export function LiveSettings({ isOpen, onClose, keysOn, onKeys, muted, onMute }: Props) {
  const [blind, setShown] = useState(isBlind);
  return (
    <Dialog title="Keys and choices of this console" isOpen={isOpen} onClose={onClose}>
      <div className="stack tight">
        <Checkbox
          isSelected={blind}
          onChange={(on) => {
            setBlind(on);
            setShown(on);
          }}
        >
          Judge before the score is shown
          <span className="soft small">
            {" "}
            People who see a score first tend to agree with it. Holds from the next alert.
          </span>
        </Checkbox>
        <Checkbox isSelected={!muted} onChange={onMute}>
          Sound
        </Checkbox>
        <Checkbox
          isSelected={keysOn}
          onChange={(on) => {
            setKeys(on);
            onKeys(on);
          }}
        >
          Single keys are commands
        </Checkbox>
      </div>
      <dl className="facts keys">
        {KEYS.map(([key, does]) => (
          <div key={key} style={{ display: "contents" }}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <div className="actions">
        <Button onPress={onClose}>Close</Button>
      </div>
    </Dialog>
  );
}
