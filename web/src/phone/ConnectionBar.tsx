import { CloudOff, Wifi } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { useSession } from "../session/session";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/Dialog";
import { type Decision, wordsOf } from "./decisions";
import { useHeard, usePhone, useWaiting } from "./PhoneState";

/** Whether the hub is heard, and what waits to be sent; a refused decision stays here until the officer has read why. */
export function ConnectionBar() {
  const { session } = useSession();
  const waiting = useWaiting();
  const own = waiting.filter((each) => each.staff === session.staff);
  const others = waiting.length - own.length;
  const refused = own.filter((each) => each.refusal !== null);
  const going = own.length - refused.length;
  const heard = useHeard();
  return (
    <header className="phone-bar">
      <div className="phone-line" data-heard={heard || undefined} role="status">
        {heard ? <Wifi aria-hidden /> : <CloudOff aria-hidden />}
        <span>{heard ? "Connected" : "No connection: your decisions wait on this phone"}</span>
        <span className="number phone-count">{going > 0 && `${going} to send`}</span>
      </div>
      {others > 0 && (
        <p className="phone-refused small">
          {others} {others === 1 ? "decision" : "decisions"} of another officer wait here until they sign in.
        </p>
      )}
      {refused.map((each) => (
        <Refused key={each.key} decision={each} />
      ))}
    </header>
  );
}

function Refused({ decision }: { decision: Decision }) {
  const { outbox } = usePhone();
  const [asking, setAsking] = useState(false);
  return (
    <div className="phone-refused" role="alert">
      <p>
        <strong>Not carried out: {wordsOf(decision.act).toLowerCase()}.</strong> {decision.refusal}
      </p>
      <div className="row">
        <Link className="button" to={`/phone/alerts/${decision.alert}`}>
          Look at the alert
        </Link>
        <Button onPress={() => setAsking(true)}>Take it back</Button>
      </div>
      <ConfirmDialog
        title="Take the decision back"
        act="Take it back"
        isOpen={asking}
        onClose={() => setAsking(false)}
        onConfirm={() => outbox.drop(decision.place)}
      >
        <p>
          It was not carried out and will not be. What you decided after it on the same alert is taken back too; look at
          the alert and decide anew.
        </p>
      </ConfirmDialog>
    </div>
  );
}
