import { Download } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "../ui/Button";

interface InstallEvent extends Event {
  prompt: () => Promise<unknown>;
}

/** Puts the program on the phone's own screen, where the browser offers it. */
export function InstallButton() {
  const [offer, setOffer] = useState<InstallEvent | null>(null);
  useEffect(() => {
    const offered = (event: Event) => {
      event.preventDefault();
      setOffer(event as InstallEvent);
    };
    window.addEventListener("beforeinstallprompt", offered);
    return () => window.removeEventListener("beforeinstallprompt", offered);
  }, []);
  if (!offer) return null;
  return (
    <Button
      onPress={() => {
        void offer.prompt();
        setOffer(null);
      }}
    >
      <Download aria-hidden /> Install
    </Button>
  );
}
