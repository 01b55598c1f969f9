import { CloudOff, Wifi } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { useSession } from "../session/session";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/Dialog";
import { Time } from "../ui/Time";
import { type Waiting, wordsOf } from "./decisions";
import { useHeard, usePhone, useWaiting } from "./PhoneState";

/** Whether the hub is heard, and how much waits to be sent; what was refused stays here until the officer has read why. */
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
        <span>{heard ? "Connected" : NO_CONNECTION}</span>
        <span className="number phone-count">{toSend(going)}</span>
      </div>
      {others > 0 && (
        <p className="phone-refused small">{toSend(others)} of another officer: it waits here until they sign in.</p>
      )}
      {refused.map((each) => (
        <Refused key={each.key} waiting={each} />
      ))}
    </header>
  );
}

export const NO_CONNECTION = "No connection: what you decide waits on this phone";

/** "3 to send"; nothing where nothing waits. */
export function toSend(count: number): string {
  return count > 0 ? `${count} to send` : "";
}

function Refused({ waiting }: { waiting: Waiting }) {
  const { outbox } = usePhone();
  const [asking, setAsking] = useState(false);
  return (
    <div className="phone-refused" role="alert">
      <p>
        <strong>
          Not carried out: {wordsOf(waiting).toLowerCase()}
          {waiting.what === "passage" && ` of ${waiting.tester}`}, <Time at={waiting.at} clock />.
        </strong>{" "}
        {waiting.refusal}
      </p>
      <div className="row">
        {waiting.what === "decision" && (
          <Link className="button" to={`/phone/alerts/${waiting.alert}`}>
            Look at the alert
          </Link>
        )}
        <Button onPress={() => setAsking(true)}>Take it back</Button>
      </div>
      <ConfirmDialog
        title="Take it back"
        act="Take it back"
        isOpen={asking}
        onClose={() => setAsking(false)}
        onConfirm={() => outbox.drop(waiting.place)}
      >
        <p>
          It was not carried out and will not be.
          {waiting.what === "decision" &&
            " What you decided after it on the same alert is taken back too; look at the alert and decide anew."}
        </p>
      </ConfirmDialog>
    </div>
  );
}
