import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Button } from "./Button";
import { Shown } from "./States";

/** A list that the hub gives a page at a time: loading, wrong, empty or there, with a button for the next page. */
export function Pages<T>({
  of,
  what,
  empty,
  children,
}: {
  of: UseInfiniteQueryResult<InfiniteData<{ items: T[] }>>;
  what: string;
  empty: ReactNode;
  children: (rows: T[]) => ReactNode;
}) {
  return (
    <>
      <Shown of={{ ...of, data: of.data?.pages.flatMap((page) => page.items) }} what={what} empty={empty}>
        {children}
      </Shown>
      {of.hasNextPage && (
        <div className="more">
          <Button isDisabled={of.isFetchingNextPage} onPress={() => void of.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </>
  );
}
