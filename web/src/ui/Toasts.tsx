import { createContext, type ReactNode, useCallback, useContext, useMemo, useRef, useState } from "react";
import { Button } from "./Button";
import { Notice } from "./States";

type Say = (sentence: string, tone?: "good" | "warn" | "bad") => void;

const Context = createContext<Say>(() => undefined);

/** Says for a few seconds that something was done; what needs an answer is a dialog or a notice instead. */
export function useToast(): Say {
  return useContext(Context);
}

const SHOWN_MS = 6000;
const MOST = 4;

export function Toasts({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<readonly { id: number; sentence: string; tone: "good" | "warn" | "bad" }[]>([]);
  const next = useRef(0);
  const drop = useCallback((id: number) => setShown((all) => all.filter((each) => each.id !== id)), []);
  const say = useCallback<Say>(
    (sentence, tone = "good") => {
      next.current += 1;
      const id = next.current;
      setShown((all) => [...all, { id, sentence, tone }].slice(-MOST));
      setTimeout(() => drop(id), SHOWN_MS);
    },
    [drop],
  );
  const value = useMemo(() => say, [say]);
  return (
    <Context.Provider value={value}>
      {children}
      <div className="toasts">
        {shown.map((each) => (
          <div className="toast" key={each.id}>
            <Notice tone={each.tone}>
              <div className="row apart">
                <span>{each.sentence}</span>
                <Button kind="plain" aria-label="Close this message" onPress={() => drop(each.id)}>
                  ✕
                </Button>
              </div>
            </Notice>
          </div>
        ))}
      </div>
    </Context.Provider>
  );
}
