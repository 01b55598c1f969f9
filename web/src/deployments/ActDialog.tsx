import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../api/client";
import { ConfirmDialog } from "../ui/Dialog";
import { Checkbox, Select, TextField } from "../ui/Field";
import { Notice } from "../ui/States";
import { moment } from "../ui/Time";
import { useToast } from "../ui/Toasts";
import { counted } from "../ui/words";
import type { ActOffer, Filled } from "./acts";
import type { View } from "./queries";
import { TermsFields } from "./TermsFields";

/** Asks for what an act needs, says what it will do, and keeps everything typed when the hub refuses. */
export function ActDialog({ offer, view, onClose }: { offer: ActOffer; view: View; onClose: () => void }) {
  const queries = useQueryClient();
  const say = useToast();
  const [filled, setFilled] = useState<Filled>({
    reason: "",
    external: "",
    watchlist: "",
    signage: false,
    briefing: false,
    cameras: false,
    passages: "0",
    recognised: "0",
    stopped: false,
    terms: view.authority?.terms ?? view.application.terms,
  });
  const set = (change: Partial<Filled>) => setFilled((now) => ({ ...now, ...change }));
  const reasonNeeded = offer.need === "reason" || offer.need === "decision";
  return (
    <ConfirmDialog
      title={`${offer.verb}: ${view.summary.site}`}
      isOpen
      onClose={onClose}
      act={offer.verb}
      danger={offer.danger ?? false}
      isDisabled={(reasonNeeded && !filled.reason.trim()) || (offer.need === "watchlist" && !filled.watchlist)}
      onConfirm={async () => {
        await offer.send(view, filled);
        await queries.invalidateQueries({ queryKey: ["deployment", view.summary.deployment] });
        await queries.invalidateQueries({ queryKey: ["deployments"] });
        say(`Done: ${offer.verb.toLowerCase()}.`);
      }}
    >
      <Notice {...(offer.danger ? { tone: "warn" as const } : {})}>
        <p>{offer.says}</p>
      </Notice>
      {offer.need === "decision" && (
        <>
          <TermsFields terms={filled.terms} onChange={(terms) => set({ terms })} rehearsal={view.summary.rehearsal} />
          <TextField
            label="Decision of a judge or independent body"
            hint="Only where the jurisdiction asks for one: its reference."
            value={filled.external}
            onChange={(external) => set({ external })}
          />
        </>
      )}
      {offer.need === "watchlist" && (
        <WatchlistChoice
          deployment={view.summary.deployment}
          value={filled.watchlist}
          onChange={(watchlist) => set({ watchlist })}
        />
      )}
      {offer.need === "readiness" && <Readiness filled={filled} set={set} />}
      {offer.need === "ending" && (
        <Checkbox isSelected={filled.stopped} onChange={(stopped) => set({ stopped })}>
          It is broken off before its purpose was reached
        </Checkbox>
      )}
      {(reasonNeeded || offer.need === "optional reason") && (
        <TextField
          label={offer.act === "REVIEW_DEPLOYMENT" ? "Finding" : "Reason"}
          hint="It is written into the record and the audit log."
          lines={3}
          isRequired={reasonNeeded}
          value={filled.reason}
          onChange={(reason) => set({ reason })}
        />
      )}
    </ConfirmDialog>
  );
}

function Readiness({ filled, set }: { filled: Filled; set: (change: Partial<Filled>) => void }) {
  return (
    <div className="stack tight">
      <Checkbox isSelected={filled.signage} onChange={(signage) => set({ signage })}>
        Signs stand where people can read them before they are in view, and another way round is open
      </Checkbox>
      <Checkbox isSelected={filled.briefing} onChange={(briefing) => set({ briefing })}>
        Everybody on duty was briefed
      </Checkbox>
      <Checkbox isSelected={filled.cameras} onChange={(cameras) => set({ cameras })}>
        Every camera was checked: view, zone, sharpness, light
      </Checkbox>
      <div className="grid-two">
        <TextField
          label="Blue-list passages"
          hint="How often testers walked past."
          type="number"
          min={0}
          value={filled.passages}
          onChange={(passages) => set({ passages })}
        />
        <TextField
          label="Of these recognised"
          type="number"
          min={0}
          value={filled.recognised}
          onChange={(recognised) => set({ recognised })}
        />
      </div>
    </div>
  );
}

function WatchlistChoice({
  deployment,
  value,
  onChange,
}: {
  deployment: string;
  value: string;
  onChange: (watchlist: string) => void;
}) {
  const lists = useQuery({
    queryKey: ["watchlists", deployment],
    queryFn: async () =>
      body(await api.GET("/api/v1/deployments/{deployment}/watchlists", { params: { path: { deployment } } })),
  });
  const frozen = (lists.data ?? []).filter((each) => each.state === "frozen");
  return (
    <Select
      label="Frozen watchlist"
      hint={lists.data && !frozen.length ? "There is none yet: build, approve and freeze one first." : undefined}
      value={value || null}
      onChange={onChange}
      options={frozen.map((each) => ({
        id: each.watchlist,
        text: counted(each.size, "person", "people"),
        hint: `frozen ${moment(each.frozen_at)}`,
      }))}
    />
  );
}
