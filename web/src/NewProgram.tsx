import { useOutdated } from "./program";
import { Button } from "./ui/Button";

/** Says that the hub was upgraded. Whoever is in the middle of something finishes it first. */
export function NewProgram() {
  if (!useOutdated()) return null;
  return (
    <div className="new-program" role="status">
      <span>The hub has a newer console.</span>
      <Button onPress={() => window.location.reload()}>Load it</Button>
    </div>
  );
}
