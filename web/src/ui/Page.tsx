import { type ReactNode, useEffect } from "react";

interface Props {
  title: string;
  below?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** One screen: its title is also the window's. */
export function Page({ title, below, actions, children }: Props) {
  useEffect(() => {
    document.title = `${title} · OpenLFR`;
  }, [title]);
  return (
    <div className="page">
      <header className="page-head">
        <div className="stack tight">
          <h1>{title}</h1>
          {below && <div className="soft">{below}</div>}
        </div>
        {actions && <div className="row">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export function Panel({ title, actions, children }: { title?: string; actions?: ReactNode; children: ReactNode }) {
  return (
    <section className="panel" aria-label={title}>
      {(title || actions) && (
        <header>
          {title ? <h2>{title}</h2> : <span />}
          {actions && <div className="row">{actions}</div>}
        </header>
      )}
      {children}
    </section>
  );
}

/** What is known, a name and a value a row; with `prose` the values are sentences, which need a phone's whole width. */
export function Facts({ of, prose }: { of: readonly (readonly [string, ReactNode])[]; prose?: boolean }) {
  return (
    <dl className={prose ? "facts prose" : "facts"}>
      {of.map(([name, value]) => (
        <div key={name} style={{ display: "contents" }}>
          <dt>{name}</dt>
          <dd>{value || value === 0 ? value : "–"}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Figures({ of }: { of: readonly (readonly [string, ReactNode])[] }) {
  return (
    <div className="figures">
      {of.map(([name, value]) => (
        <div className="figure" key={name}>
          <strong>{value}</strong>
          <span>{name}</span>
        </div>
      ))}
    </div>
  );
}
