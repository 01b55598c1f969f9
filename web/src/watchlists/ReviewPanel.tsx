import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../api/client";
import { fieldWords } from "../api/problem";
import { choices, useVocabulary } from "../api/vocabulary";
import { useSession } from "../session/session";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/Dialog";
import { Select, TextField } from "../ui/Field";
import { Facts, Panel } from "../ui/Page";
import { Pages } from "../ui/Pages";
import { Badge, Empty, Notice, ProblemNotice } from "../ui/States";
import { Day } from "../ui/Time";
import { type Entry, pictureAddress, type Review, useEntries, type Watchlist } from "./queries";

/** The people of a list, a state of review at a time: pictures, what is said of them, and the reviewer's verdict. */
export function ReviewPanel({ list }: { list: Watchlist }) {
  const [chosen, setChosen] = useState<Review | null>(null);
  const review = chosen ?? (list.state === "building" && list.waiting > 0 ? "pending" : "accepted");
  const vocabulary = useVocabulary().data;
  const found = useEntries(list.watchlist, review);
  return (
    <div className="stack">
      <Select
        label="Show"
        value={review}
        onChange={(next) => setChosen(next as Review)}
        options={choices(vocabulary, "reviews")}
      />
      <Pages of={found} what="people" empty={<Empty title="Nobody here" />}>
        {(entries) => (
          <div className="entries">
            {entries.map((entry) => (
              <EntryCard key={entry.entry} entry={entry} list={list} />
            ))}
          </div>
        )}
      </Pages>
    </div>
  );
}

type Verdict = "accept" | "override" | "reject";

function EntryCard({ entry, list }: { entry: Entry; list: Watchlist }) {
  const { holds } = useSession();
  const queries = useQueryClient();
  const [reason, setReason] = useState("");
  const [asking, setAsking] = useState<"remove" | "second" | null>(null);
  const at = { params: { path: { watchlist: list.watchlist, entry: entry.entry } } };
  const renew = () => queries.invalidateQueries({ queryKey: ["watchlist", list.watchlist] });
  const judge = useMutation({
    mutationFn: async (verdict: Verdict) =>
      body(
        await api.POST("/api/v1/watchlists/{watchlist}/entries/{entry}/review", { ...at, body: { verdict, reason } }),
      ),
    onSuccess: renew,
  });
  const reviewing = list.state === "building" && holds("watchlist manager", "authorising officer");
  // All but one of the problems are cells of the table; that one is a decision.
  const toAuthorise = entry.problems.filter((each) => each.field === "second_authority");
  const toMend = entry.problems.filter((each) => each.field !== "second_authority");
  const needsSecond = (entry.under_18 || entry.vulnerable) && !entry.second_authority;
  return (
    <Panel title={entry.name || entry.person}>
      <div className="entry">
        <div className="portraits">
          {entry.pictures.map((picture) => (
            <figure key={picture.picture}>
              <img
                src={pictureAddress(list.watchlist, picture.picture)}
                alt={`Reference of ${entry.person}`}
                loading="lazy"
              />
              <figcaption className="small">
                <Badge tone={picture.poor ? "warn" : "good"}>quality {Math.round(picture.quality)}</Badge>
                <div className="soft">
                  {picture.source ?? "source missing"}, <Day on={picture.taken_on} />
                </div>
                {picture.advice.map((advice) => (
                  <div key={advice}>{advice}</div>
                ))}
              </figcaption>
            </figure>
          ))}
        </div>
        <div className="stack tight">
          <div className="row">
            {entry.blue_list && <Badge tone="accent">tester</Badge>}
            {entry.under_18 && <Badge tone="bad">under 18</Badge>}
            {entry.vulnerable && <Badge tone="bad">vulnerable</Badge>}
            {entry.warning_markers.map((marker) => (
              <Badge key={marker} tone="warn">
                {marker}
              </Badge>
            ))}
          </div>
          <Facts
            of={[
              ["Reference", entry.person],
              ["Looked for as", entry.categories.join("; ") || (entry.blue_list ? "tester" : "–")],
              ["Offence", entry.offence || "–"],
              ["Reason", entry.reason || "–"],
              ["Why here", entry.where_link || "–"],
              ["Legal basis", entry.legal_basis],
              ["Expires", <Day key="expires" on={entry.expires_on} />],
              ...(entry.look_alikes.length ? ([["Look-alikes", entry.look_alikes.join("; ")]] as const) : []),
            ]}
          />
          {toMend.length > 0 && (
            <Notice tone="bad">
              <strong>Keeps the entry off the list until it is mended by another import:</strong>
              {toMend.map((each) => (
                <p key={`${each.field} ${each.sentence}`}>
                  {fieldWords(each.field)}: {each.sentence}
                </p>
              ))}
            </Notice>
          )}
          {toAuthorise.map((each) => (
            <Notice key={each.sentence} tone="bad">
              <p>{each.sentence} An authorising officer gives it here.</p>
            </Notice>
          ))}
          {entry.against.length > 0 && (
            <Notice tone="warn">
              {entry.against.map((each) => (
                <p key={each}>{each}</p>
              ))}
            </Notice>
          )}
          {entry.notes.map((each) => (
            <p key={each} className="soft">
              {each}
            </p>
          ))}
          {entry.review_reason && <p className="soft">Reviewer: {entry.review_reason}</p>}
          {judge.error && <ProblemNotice problem={judge.error} />}
          {reviewing && entry.review === "pending" && (
            <>
              <TextField
                label="Reason"
                hint="Needed to reject, and to accept against advice."
                value={reason}
                onChange={setReason}
              />
              <div className="row">
                <Button
                  kind="primary"
                  isDisabled={entry.against.length > 0 || entry.problems.length > 0 || judge.isPending}
                  onPress={() => judge.mutate("accept")}
                >
                  Accept
                </Button>
                {entry.against.length > 0 && (
                  <Button isDisabled={!reason || judge.isPending} onPress={() => judge.mutate("override")}>
                    Accept against advice
                  </Button>
                )}
                <Button isDisabled={!reason || judge.isPending} onPress={() => judge.mutate("reject")}>
                  Reject
                </Button>
                {needsSecond && holds("authorising officer") && (
                  <Button onPress={() => setAsking("second")}>Give the second authority</Button>
                )}
              </div>
            </>
          )}
          {list.state === "frozen" && holds("watchlist manager", "authorising officer", "operator") && (
            <div>
              <Button kind="danger" onPress={() => setAsking("remove")}>
                Take off the list
              </Button>
            </div>
          )}
        </div>
      </div>
      {asking && <EntryAct asking={asking} at={at} entry={entry} onClose={() => setAsking(null)} onDone={renew} />}
    </Panel>
  );
}

function EntryAct({
  asking,
  at,
  entry,
  onClose,
  onDone,
}: {
  asking: "remove" | "second";
  at: { params: { path: { watchlist: string; entry: string } } };
  entry: Entry;
  onClose: () => void;
  onDone: () => Promise<void>;
}) {
  const [reason, setReason] = useState("");
  const removing = asking === "remove";
  return (
    <ConfirmDialog
      title={removing ? `Take ${entry.name || entry.person} off the list` : "Second authority"}
      isOpen
      onClose={onClose}
      act={removing ? "Take off the list" : "Give the authority"}
      danger={removing}
      isDisabled={!reason.trim()}
      onConfirm={async () => {
        const act = { ...at, body: { reason } };
        await (removing
          ? api.POST("/api/v1/watchlists/{watchlist}/entries/{entry}/remove", act)
          : api.POST("/api/v1/watchlists/{watchlist}/entries/{entry}/give-second-authority", act));
        await onDone();
      }}
    >
      <p>
        {removing
          ? "Every camera stops looking for this person at once. It cannot be undone for this list."
          : "You decide that a child or a vulnerable person may be looked for. The entry is then reviewed again."}
      </p>
      <TextField label="Reason" lines={3} isRequired value={reason} onChange={setReason} />
    </ConfirmDialog>
  );
}
