import { Panel } from "../ui/Page";
import { Empty, Notice, Shown } from "../ui/States";
import { pictureAddress, usePairs } from "./queries";

const WORDS: Record<string, string> = {
  same_file_two_people: "One picture under two people",
  same_person_two_names: "Perhaps one person under two names, or twins",
  look_alikes: "Look-alikes: one may raise alerts for the other",
  same_file: "One file twice",
  near_identical: "One picture twice",
};

/** Pictures of a list that resemble each other: copies, twins, people who may be taken for each other. */
export function LookAlikes({ watchlist }: { watchlist: string }) {
  const found = usePairs(watchlist);
  return (
    <Shown of={found} what="look-alikes" empty={<Empty title="No two people here are alike" />}>
      {(pairs) => (
        <div className="stack">
          <Notice>
            <p>An alert for one of two look-alikes may show the other. Officers see this warning with every alert.</p>
          </Notice>
          <div className="entries">
            {pairs.map((pair) => (
              <Panel key={`${pair.first_picture} ${pair.second_picture}`} title={WORDS[pair.kind] ?? pair.kind}>
                <div className="pair">
                  <Side watchlist={watchlist} picture={pair.first_picture} person={pair.first_person} />
                  <Side watchlist={watchlist} picture={pair.second_picture} person={pair.second_person} />
                </div>
                <p className="soft small number">Similarity {pair.similarity.toFixed(3)}</p>
              </Panel>
            ))}
          </div>
        </div>
      )}
    </Shown>
  );
}

function Side({ watchlist, picture, person }: { watchlist: string; picture: string; person: string | null }) {
  return (
    <figure>
      <img
        src={pictureAddress(watchlist, picture)}
        alt={`Reference ${person ?? "of a rejected entry"}`}
        loading="lazy"
      />
      <figcaption>{person ?? "rejected"}</figcaption>
    </figure>
  );
}
