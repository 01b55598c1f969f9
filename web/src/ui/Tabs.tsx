import type { ReactNode } from "react";
import { Tabs as AriaTabs, Tab, TabList, TabPanel } from "react-aria-components";

export interface Part {
  title: string;
  /** What the part holds; made only while it is the one that is shown. */
  content: ReactNode;
  /** Whether this person has it; unless told otherwise they do. */
  shown?: boolean;
}

/** Parts of one screen, of which one is shown at a time. */
export function Tabs({ label, parts, first }: { label: string; parts: readonly Part[]; first?: string }) {
  const there = parts.filter((each) => each.shown ?? true);
  return (
    <AriaTabs className="tabs" {...(first ? { defaultSelectedKey: first } : {})}>
      <TabList className="tab-list" aria-label={label}>
        {there.map(({ title }) => (
          <Tab key={title} id={title} className="tab">
            {title}
          </Tab>
        ))}
      </TabList>
      {there.map(({ title, content }) => (
        <TabPanel key={title} id={title}>
          {content}
        </TabPanel>
      ))}
    </AriaTabs>
  );
}
